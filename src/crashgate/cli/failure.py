"""An error in words, and its exit code. Rule: what is expected to go wrong shows no traceback, and it ends here."""

import json
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import click

from crashgate.cli.exit_codes import ExitCode, exit_code
from crashgate.cli.screen import note
from crashgate.cli.shared import Group, shared
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
