"""What the exit code of a command means. Rule: a code means the same for every command, with one exception.

The exception is ``policy diff``: its 2 says that something widens, and nothing else. A wrong call of it exits with 3.

An error in words, and its exit code. Rule: what is expected to go wrong shows no traceback, and it ends here.
"""

import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from enum import IntEnum, unique
from typing import Any

import click

from crashgate.cli.global_options import Group, shared
from crashgate.cli.output import note
from crashgate.errors import Code, CrashgateError, StateUnavailableError


@unique
class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    NO = 1
    USAGE = 2
    CONFIGURATION = 3
    LOG = 4
    UPSTREAM = 5
    DEPENDS = 6
    EXPORT = 7
    DEFECT = 70
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def meaning(self) -> str:
        """For the help and the reference pages."""
        return _MEANINGS[self]


_MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.OK: "Done, or the answer is yes.",
    ExitCode.NO: "The answer is no: denied, a page that is not current, a demo that did not go as it should.",
    ExitCode.USAGE: "The command was not called as its help says. Of `policy diff` instead: something widens.",
    ExitCode.CONFIGURATION: "The configuration or a policy cannot be used. Of `policy diff` also: a wrong call.",
    ExitCode.LOG: "The decision log cannot be read or written, or it is not sound.",
    ExitCode.UPSTREAM: "An upstream did not give a usable answer.",
    ExitCode.DEPENDS: "The answer depends on a place that is not named.",
    ExitCode.EXPORT: "An export cannot be stored or continued. The part that arrived is kept.",
    ExitCode.DEFECT: "A defect of crashgate itself.",
    ExitCode.INTERRUPTED: "Interrupted with Ctrl-C.",
    ExitCode.TERMINATED: "Told to stop (SIGTERM).",
}

_OF_ERRORS: Mapping[Code, ExitCode] = {
    Code.INVALID_ARGUMENTS: ExitCode.USAGE,
    Code.NOT_AVAILABLE: ExitCode.NO,
    Code.CONFIGURATION: ExitCode.CONFIGURATION,
    Code.POLICY: ExitCode.CONFIGURATION,
    Code.LOG_UNAVAILABLE: ExitCode.LOG,
    Code.LOG_DAMAGED: ExitCode.LOG,
    Code.INTERNAL: ExitCode.DEFECT,
    Code.RATE_LIMITED: ExitCode.NO,
    Code.TOO_MANY_ROWS: ExitCode.NO,
    Code.APPROVAL_REQUIRED: ExitCode.NO,
    Code.APPROVAL_REJECTED: ExitCode.NO,
    Code.POLICY_CHANGED: ExitCode.NO,
    Code.STATE_UNAVAILABLE: ExitCode.LOG,
    Code.TOKEN_REVOKED: ExitCode.NO,
    Code.EXPORT_FAILED: ExitCode.EXPORT,
    Code.UPSTREAM_REJECTED: ExitCode.UPSTREAM,
    Code.UPSTREAM_CREDENTIAL: ExitCode.UPSTREAM,
    Code.UPSTREAM_FORBIDDEN: ExitCode.UPSTREAM,
    Code.UPSTREAM_TOO_DEEP: ExitCode.UPSTREAM,
    Code.UPSTREAM_RATE_LIMITED: ExitCode.UPSTREAM,
    Code.UPSTREAM_UNAVAILABLE: ExitCode.UPSTREAM,
    Code.UPSTREAM_TIMEOUT: ExitCode.UPSTREAM,
    Code.UPSTREAM_MALFORMED: ExitCode.UPSTREAM,
}
if set(_OF_ERRORS) != set(Code):
    raise ValueError("an error has no exit code")


def exit_code(code: Code) -> ExitCode:
    """The exit code for an error."""
    return _OF_ERRORS[code]


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
            click.echo("This is a defect of crashgate. Please report it with the lines above.", err=True)
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
