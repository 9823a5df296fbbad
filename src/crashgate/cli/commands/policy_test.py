"""``crashgate policy test``. Rule: a case is decided as ``policy explain`` would, and one surprise fails the run."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.embedded_sandbox import in_sandbox_option
from crashgate.cli.exit_codes import ExitCode
from crashgate.cli.ground import ground
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from crashgate.cli.policy_cases import Case, Verdict


@click.command("test", cls=Command)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Cases in TOML.",
)
@in_sandbox_option
def policy_test(files: Sequence[Path], *, in_sandbox: bool) -> None:
    """Check that the policies decide cases as their authors expect.

    Each [[case]] has agent, tool or operation, args, expect (allow, deny, depends or approve), and if you like reason.
    With after_untrusted = true it is asked as right after reading text that outsiders can write.

    Example: crashgate policy test policies/tests/examples.toml

    Exits with 0 when all are as expected, with 1 when one is not, with 3 when a file cannot be used.
    """
    from crashgate.cli.policy_cases import judge, read

    start = ground(in_sandbox=in_sandbox)
    policies, connections = start.policies(), start.connections
    judged = [(case, judge(case, policies, connections)) for file in files for case in read(file)]
    screen = session.screen()
    surprises = [(case, verdict) for case, verdict in judged if not verdict.fits(case)]
    if screen.json:
        screen.data([_plain(case, verdict) for case, verdict in judged])
    else:
        for case, verdict in surprises:
            screen.say(f"{case.spot}: {case.words}: {verdict.against(case)}", style="red")
        told = f"{len(surprises)} not as expected" if surprises else "all as expected"
        screen.say(f"{len(judged)} case{'' if len(judged) == 1 else 's'}: {told}.")
    if surprises:
        click.get_current_context().exit(ExitCode.NO)


def _plain(case: "Case", verdict: "Verdict") -> dict[str, object]:
    return {
        "file": str(case.file),
        "line": case.line,
        "agent": case.agent,
        "call": case.call,
        "expect": case.expect,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "sentence": verdict.sentence,
        "as_expected": verdict.fits(case),
    }
