"""``crashgate policy replay``. Rule: only what the log holds is asked again, and nothing is sent or recorded."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.embedded_sandbox import in_sandbox_option
from crashgate.cli.exit_codes import ExitCode
from crashgate.cli.ground import ground
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from crashgate.cli.recorded_calls import Replayed


@click.command("replay", cls=Command)
@click.argument(
    "log",
    required=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="[LOG]",
    help="A state folder, or the log folder in it.",
)
@in_sandbox_option
def policy_replay(log: Path | None, *, in_sandbox: bool) -> None:
    """Say which recorded calls would be decided differently now.

    Without LOG, those in the state folder in force. Asked again is each call that a policy decided, in the place that
    its record names. Where that depends on a parameter or a place which the log does not show, it is counted apart.

    Example: crashgate policy replay --policies /tmp/proposed

    Exits with 0 when all would be decided as they were, with 1 when one would not.
    """
    from crashgate import wiring
    from crashgate.cli.recorded_calls import replay

    start = ground(in_sandbox=in_sandbox)
    settings, policies = start.settings, start.policies()
    if log is not None:
        state = log.absolute().parent if log.name == "log" else log.absolute()
        settings = settings.model_copy(update={"state": state})
    changed: Counter[Replayed] = Counter()
    asked = unknown = 0
    for found in replay(wiring.log_reader(settings), policies):
        asked += 1
        unknown += found.now is None
        if found.differs:
            changed[found] += 1
    screen = session.screen()
    if screen.json:
        rows = [_plain(each, times) for each, times in changed.items()]
        screen.data({"asked": asked, "unknown": unknown, "changed": rows})
    else:
        for each, times in changed.items():
            often = f" ({times} times)" if times > 1 else ""
            screen.say(f"{each.words}{often}: {each.sentence}", style="red" if each.now == "deny" else "yellow")
        rest = f" Of {unknown} it cannot be told from the log." if unknown else ""
        screen.say(f"{asked} calls asked again: {changed.total()} would be decided differently.{rest}")
    if changed:
        click.get_current_context().exit(ExitCode.NO)


def _plain(found: "Replayed", times: int) -> dict[str, object]:
    return {
        "agent": found.agent,
        "operation": found.operation,
        "where": found.where,
        "then": found.then,
        "now": found.now,
        "times": times,
        "sentence": found.sentence,
    }
