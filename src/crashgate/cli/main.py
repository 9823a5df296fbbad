"""The command ``crashgate``: the tree of commands, and the one place where every error arrives.

A command's file imports heavy modules where it uses them, so that ``crashgate --help`` answers at once. An expected
error shows no traceback.
"""

import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import click

from crashgate import __version__
from crashgate.cli.approvals import approvals_approve, approvals_list, approvals_reject, approvals_show
from crashgate.cli.command import ExitCode, Group, exit_code, shared
from crashgate.cli.connections import connections_check, provider_check, providers
from crashgate.cli.console import console
from crashgate.cli.demo import demo
from crashgate.cli.doctor import doctor
from crashgate.cli.exports import export, exports_list, exports_prune
from crashgate.cli.freeze import freeze, unfreeze
from crashgate.cli.init import init
from crashgate.cli.install import install
from crashgate.cli.log import log_follow, log_search, log_show, log_stats
from crashgate.cli.log_keeping import log_acknowledge, log_checkpoint, log_export, log_key, log_prune, log_verify
from crashgate.cli.output import note
from crashgate.cli.policy import policy_check, policy_export, policy_lint, policy_schema, policy_show
from crashgate.cli.policy_init import policy_init
from crashgate.cli.policy_questions import policy_diff, policy_explain, policy_replay, policy_test
from crashgate.cli.reference import reference
from crashgate.cli.serve import sandbox, serve
from crashgate.cli.tokens import token_list, token_new, token_revoke
from crashgate.errors import CrashgateError, StateUnavailableError


class Root(Group):
    """The top of the command tree, where every error arrives."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's own
    ) -> click.Context:
        """Read the words of the command line; a word that is wrong at this level is told in JSON too."""
        wanted = _wants_json(args)
        try:
            context = super().make_context(info_name, args, parent, **extra)
        except click.UsageError as problem:
            if not wanted:
                raise
            _tell_json(_usage(problem))
            raise click.exceptions.Exit(ExitCode.USAGE) from problem
        context.meta[_WANTED] = wanted
        return context

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own
        """Run the command."""
        try:
            return super().invoke(ctx)
        except CrashgateError as problem:
            told = _for_the_operator(problem)
            if shared(ctx).json:
                _tell_json(_ours(told))
            else:
                _tell(told)
            ctx.exit(exit_code(told.code))
        except click.UsageError as problem:
            if not ctx.meta[_WANTED]:
                raise
            _tell_json(_usage(problem))
            ctx.exit(problem.exit_code)
        except KeyboardInterrupt:
            ctx.exit(ExitCode.INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception:  # noqa: BLE001 - the last place that can give it an exit code of its own
            traceback.print_exc()
            click.echo("This is a defect in crashgate. Please report it with the lines above.", err=True)
            ctx.exit(ExitCode.DEFECT)


_WANTED = "crashgate.json"


def _wants_json(args: Sequence[str]) -> bool:
    """Whether ``--json`` stands anywhere; a line that cannot be read whole is told in JSON then."""
    return "--json" in args


def _for_the_operator(problem: CrashgateError) -> CrashgateError:
    """Agents are told to tell the operator; who is at the command line is the operator."""
    if not isinstance(problem, StateUnavailableError):
        return problem
    return CrashgateError(
        problem.what,
        why=f"{problem.because}.",
        remedy="Look at that file and its disk, or name another folder with --state.",
        code=problem.code,
    )


def _tell(problem: CrashgateError) -> None:
    note(f"Error: {problem.what}")
    for line in (problem.why, problem.remedy):
        if line:
            note(line)


def _ours(problem: CrashgateError) -> dict[str, str]:
    return {"code": problem.code.value, "what": problem.what, "why": problem.why, "remedy": problem.remedy}


def _usage(problem: click.UsageError) -> dict[str, str]:
    path = problem.ctx.command_path if problem.ctx else "crashgate"
    return {"code": "usage", "what": problem.format_message(), "why": "", "remedy": f"Try {path} --help."}


def _tell_json(error: dict[str, str]) -> None:
    click.echo(json.dumps({"error": error}, indent=2), err=True)
    sys.stderr.flush()


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="crashgate")
def cli() -> None:
    """Crash tools for agents, behind a policy gate that records every call.

    Start with `crashgate demo`, then `crashgate init`. docs/reference/commands.md explains the exit codes.
    """


@click.group(cls=Group)
def policy() -> None:
    """Write policies, check them, and see what they allow."""


@click.group(cls=Group)
def exports() -> None:
    """List the exports that are kept, and remove old ones."""


@click.group(cls=Group)
def connections() -> None:
    """Check the connections to upstreams."""


@click.group(cls=Group)
def log() -> None:
    """Read, verify, export and prune the decision log."""


@click.group(cls=Group)
def approvals() -> None:
    """Answer the requests of agents for approval."""


@click.group(cls=Group)
def provider() -> None:
    """Develop a provider."""


@click.group(cls=Group)
def token() -> None:
    """Manage the tokens that agents use over HTTP."""


_GROUPS: Mapping[click.Group, Sequence[click.Command]] = {
    policy: (
        policy_check,
        policy_show,
        policy_explain,
        policy_test,
        policy_diff,
        policy_replay,
        policy_lint,
        policy_init,
        policy_export,
        policy_schema,
    ),
    exports: (exports_list, exports_prune),
    connections: (connections_check,),
    log: (
        log_show,
        log_follow,
        log_search,
        log_stats,
        log_verify,
        log_acknowledge,
        log_export,
        log_prune,
        log_checkpoint,
        log_key,
    ),
    provider: (provider_check,),
    token: (token_new, token_list, token_revoke),
    approvals: (approvals_list, approvals_show, approvals_approve, approvals_reject),
    cli: (
        init,
        install,
        doctor,
        serve,
        sandbox,
        demo,
        export,
        exports,
        connections,
        console,
        policy,
        approvals,
        log,
        freeze,
        unfreeze,
        token,
        providers,
        provider,
        reference,
    ),
}
for _group, _commands in _GROUPS.items():
    for _command in _commands:
        _group.add_command(_command)


def main() -> None:
    """Run the command and exit with its code."""
    cli.main(prog_name="crashgate")
