"""The command ``crashgate``. Rule: it puts the command tree together and does nothing itself.

A command's file imports what is heavy where it uses it, so that ``crashgate --help`` answers at once.
"""

import click

from crashgate import __version__
from crashgate.cli.approvals import approvals_approve, approvals_list, approvals_reject, approvals_show
from crashgate.cli.connections import connections_check
from crashgate.cli.demo import demo
from crashgate.cli.doctor import doctor
from crashgate.cli.exports import export, exports_list, exports_prune
from crashgate.cli.failure import Root
from crashgate.cli.global_options import Group
from crashgate.cli.init import init
from crashgate.cli.install import install
from crashgate.cli.log import log_follow, log_search, log_show, log_stats
from crashgate.cli.log_keeping import log_acknowledge, log_checkpoint, log_export, log_key, log_prune, log_verify
from crashgate.cli.policy import policy_check, policy_export, policy_lint, policy_schema, policy_show
from crashgate.cli.policy_changes import policy_diff, policy_init
from crashgate.cli.policy_questions import policy_explain, policy_replay, policy_test
from crashgate.cli.providers import provider_check, providers
from crashgate.cli.reference import reference
from crashgate.cli.sandbox import sandbox
from crashgate.cli.serve import serve
from crashgate.cli.tokens import token_list, token_new, token_revoke


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="crashgate")
def cli() -> None:
    """Crash tools for agents, behind a policy gate that records every call.

    Start with `crashgate demo`, then `crashgate init`. docs/reference.md explains the exit codes.
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
def provider() -> None:
    """For those who write a provider."""


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
log.add_command(log_stats)
log.add_command(log_verify)
log.add_command(log_acknowledge)
log.add_command(log_export)
log.add_command(log_prune)
log.add_command(log_checkpoint)
log.add_command(log_key)
provider.add_command(provider_check)
token.add_command(token_new)
token.add_command(token_list)
token.add_command(token_revoke)
approvals.add_command(approvals_list)
approvals.add_command(approvals_show)
approvals.add_command(approvals_approve)
approvals.add_command(approvals_reject)
for _command in (
    init,
    install,
    doctor,
    serve,
    sandbox,
    demo,
    export,
    exports,
    connections,
    policy,
    approvals,
    log,
    token,
    providers,
    provider,
    reference,
):
    cli.add_command(_command)


def main() -> None:
    """Run the command and exit with its code."""
    cli.main(prog_name="crashgate")
