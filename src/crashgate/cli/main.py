"""The command ``crashgate``. Rule: it puts the command tree together and does nothing itself.

A command's file imports what is heavy where it uses it, so that ``crashgate --help`` answers at once.
"""

import click

from crashgate import __version__
from crashgate.cli.demo import demo
from crashgate.cli.failure import Root
from crashgate.cli.log_follow import log_follow
from crashgate.cli.log_show import log_show
from crashgate.cli.log_verify import log_verify
from crashgate.cli.policy_check import policy_check
from crashgate.cli.policy_explain import policy_explain
from crashgate.cli.policy_show import policy_show
from crashgate.cli.reference import reference
from crashgate.cli.sandbox import sandbox
from crashgate.cli.serve import serve
from crashgate.cli.shared import Group
from crashgate.cli.token_new import token_new


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="crashgate")
def cli() -> None:
    """Crash tools for agents, behind a policy gate that records every call.

    Start with `crashgate demo`. What the exit codes mean stands in docs/reference.md.
    """


@click.group(cls=Group)
def policy() -> None:
    """Check policies and ask what they mean."""


@click.group(cls=Group)
def log() -> None:
    """Read the decision log and check that it is whole."""


@click.group(cls=Group)
def token() -> None:
    """Bearer tokens with which agents connect over HTTP."""


policy.add_command(policy_check)
policy.add_command(policy_show)
policy.add_command(policy_explain)
log.add_command(log_show)
log.add_command(log_follow)
log.add_command(log_verify)
token.add_command(token_new)
for _command in (serve, sandbox, demo, policy, log, token, reference):
    cli.add_command(_command)


def main() -> None:
    """Run the command and exit with its code."""
    cli.main(prog_name="crashgate")
