"""``crashgate freeze`` and ``unfreeze``: stop agents at once, without a change to a policy or a restart."""

import click

from crashgate.cli import session
from crashgate.cli.command import Command
from crashgate.cli.output import note
from crashgate.cli.session import find_policy


@click.command("freeze", cls=Command)
@click.argument("agent", required=False, help="The agent to freeze; without it, every agent.")
@click.option("--writes", is_flag=True, help="Freeze only changes; reading goes on.")
def freeze(agent: str | None, *, writes: bool) -> None:
    """Refuse all calls of an agent, or of every agent.

    The freeze lasts until `crashgate unfreeze`. Every server of this state folder obeys within a second, and what is
    under way stops before its next request. The log records who did it.
    """
    from crashgate.config import wiring
    from crashgate.policy.serving import EVERYBODY, Freeze

    settings = session.settings()
    if agent is not None:
        find_policy(wiring.policies(settings).current(), agent)
    what = Freeze.WRITES if writes else Freeze.ALL
    wiring.freezes(settings).freeze(agent or EVERYBODY, what)  # first: agents are stopped even where the log is full
    record = wiring.log_keeper(settings).note_freeze(agent or "", what.value)
    screen = session.screen()
    if screen.json:
        screen.data({"agent": agent, "frozen": what.value, "by": record.by})
        return
    screen.say(record.sentence)
    note(f"To end it: crashgate unfreeze{f' {agent}' if agent else ''}")


@click.command("unfreeze", cls=Command)
@click.argument("agent", required=False, help="The agent; without it, the freeze of every agent is ended.")
def unfreeze(agent: str | None) -> None:
    """End a freeze.

    A freeze of every agent and one of a single agent are ended each by its own.
    """
    from crashgate.config import wiring
    from crashgate.errors import NotAvailableError
    from crashgate.policy.serving import EVERYBODY

    settings = session.settings()
    freezes = wiring.freezes(settings)
    freezes.look()
    who = agent or EVERYBODY
    if who not in freezes.current():
        frozen = sorted("every agent" if each == EVERYBODY else each for each in freezes.current())
        raise NotAvailableError(
            f"{agent or 'Every agent'} is not frozen.", remedy=f"Frozen: {', '.join(frozen) or 'nothing'}."
        )
    # check: a freeze ends only when its end is recorded
    record = wiring.log_keeper(settings).note_freeze(agent or "", "nothing")
    freezes.unfreeze(who)
    screen = session.screen()
    if screen.json:
        screen.data({"agent": agent, "frozen": None, "by": record.by})
        return
    screen.say(record.sentence)
