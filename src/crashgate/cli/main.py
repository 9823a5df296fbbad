"""The command ``crashgate``. Rule: it puts the command tree together and does nothing itself.

A command's file imports what is heavy where it uses it, so that ``crashgate --help`` answers at once.
"""

import click

from crashgate import __version__
from crashgate.cli.commands.approvals_approve import approvals_approve
from crashgate.cli.commands.approvals_list import approvals_list
from crashgate.cli.commands.approvals_reject import approvals_reject
from crashgate.cli.commands.approvals_show import approvals_show
from crashgate.cli.commands.connections_check import connections_check
from crashgate.cli.commands.demo import demo
from crashgate.cli.commands.export import export
from crashgate.cli.commands.exports_list import exports_list
from crashgate.cli.commands.exports_prune import exports_prune
from crashgate.cli.commands.log_acknowledge import log_acknowledge
from crashgate.cli.commands.log_checkpoint import log_checkpoint
from crashgate.cli.commands.log_export import log_export
from crashgate.cli.commands.log_follow import log_follow
from crashgate.cli.commands.log_key import log_key
from crashgate.cli.commands.log_prune import log_prune
from crashgate.cli.commands.log_search import log_search
from crashgate.cli.commands.log_show import log_show
from crashgate.cli.commands.log_verify import log_verify
from crashgate.cli.commands.policy_check import policy_check
from crashgate.cli.commands.policy_diff import policy_diff
from crashgate.cli.commands.policy_explain import policy_explain
from crashgate.cli.commands.policy_export import policy_export
from crashgate.cli.commands.policy_init import policy_init
from crashgate.cli.commands.policy_lint import policy_lint
from crashgate.cli.commands.policy_replay import policy_replay
from crashgate.cli.commands.policy_schema import policy_schema
from crashgate.cli.commands.policy_show import policy_show
from crashgate.cli.commands.policy_test import policy_test
from crashgate.cli.commands.reference import reference
from crashgate.cli.commands.sandbox import sandbox
from crashgate.cli.commands.serve import serve
from crashgate.cli.commands.token_list import token_list
from crashgate.cli.commands.token_new import token_new
from crashgate.cli.commands.token_revoke import token_revoke
from crashgate.cli.failure import Root
from crashgate.cli.shared import Group


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="crashgate")
def cli() -> None:
    """Crash tools for agents, behind a policy gate that records every call.

    Start with `crashgate demo`. What the exit codes mean stands in docs/reference.md.
    """


@click.group(cls=Group)
def policy() -> None:
    """Write and check policies, and ask what they mean."""


@click.group(cls=Group)
def exports() -> None:
    """See the exports that are kept, and remove old ones."""


@click.group(cls=Group)
def connections() -> None:
    """See whether the upstreams can be used."""


@click.group(cls=Group)
def log() -> None:
    """Read the decision log, check that it is whole, and keep it."""


@click.group(cls=Group)
def approvals() -> None:
    """See what agents ask a person to approve, and answer."""


@click.group(cls=Group)
def token() -> None:
    """Bearer tokens with which agents connect over HTTP."""


policy.add_command(policy_check)
policy.add_command(policy_show)
policy.add_command(policy_explain)
policy.add_command(policy_test)
policy.add_command(policy_diff)
policy.add_command(policy_replay)
policy.add_command(policy_lint)
policy.add_command(policy_init)
policy.add_command(policy_export)
policy.add_command(policy_schema)
exports.add_command(exports_list)
exports.add_command(exports_prune)
connections.add_command(connections_check)
log.add_command(log_show)
log.add_command(log_follow)
log.add_command(log_search)
log.add_command(log_verify)
log.add_command(log_acknowledge)
log.add_command(log_export)
log.add_command(log_prune)
log.add_command(log_checkpoint)
log.add_command(log_key)
token.add_command(token_new)
token.add_command(token_list)
token.add_command(token_revoke)
approvals.add_command(approvals_list)
approvals.add_command(approvals_show)
approvals.add_command(approvals_approve)
approvals.add_command(approvals_reject)
for _command in (serve, sandbox, demo, export, exports, connections, policy, approvals, log, token, reference):
    cli.add_command(_command)


def main() -> None:
    """Run the command and exit with its code."""
    cli.main(prog_name="crashgate")
