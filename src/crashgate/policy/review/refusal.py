"""What an agent is told when it is refused. "Does not exist" and "not allowed" read the same (THREATS row 21)."""

from collections.abc import Sequence
from dataclasses import dataclass

from crashgate.model.access import Level
from crashgate.model.scope import Dimension, kinds_of
from crashgate.policy.policy import Policy
from crashgate.policy.wording import places
from crashgate.sanitise import clean

MOST_TOOLS = 12
_AGENT = 64
_OWNER = 100
_TOOLS = 310
_PLACES = 90


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A refusal in parts; ``text`` says all of them, in at most 900 characters."""

    message: str
    remedy: str
    text: str
    tools: tuple[str, ...] = ()
    owner: str | None = None


def refusal(policy: Policy | None, *, agent: str, tools: Sequence[str]) -> Refusal:
    """Every refusal to ``agent``.

    ``tools`` are the names that this agent is shown, the nearest first; the first dozen are named. A refusal depends on
    nothing else: not on the project or error that was asked for, so it tells nobody what exists.
    """
    name = clean(agent, limit=_AGENT, lines=False)
    if policy is None:
        message = f"Refused: there is no policy for agent {name}, so nothing is open to it."
        remedy = "The operator of this gateway can add a policy document for it."
        return Refusal(message=message, remedy=remedy, text=f"{message} {remedy}")
    owner = clean(policy.owner, limit=_OWNER, lines=False)
    message = f"Refused: this does not exist or cannot be looked up now, or the policy of {name} does not allow it."
    remedy = f"{_where(policy)} This policy belongs to {owner}: ask there for more."
    shown = _first(tools)
    rest = len(tools) - len(shown)
    open_tools = "No tool is open to you."
    if tools:
        more = [f"and {rest} more" if shown else f"{rest} not shown"] if rest else []
        open_tools = f"You may use: {', '.join([*shown, *more])}."
    return Refusal(
        message=message, remedy=remedy, text=f"{message} {open_tools} {remedy}", tools=tuple(shown), owner=owner
    )


def _first(tools: Sequence[str]) -> list[str]:
    """A dozen at most, and no more than there is room for."""
    shown: list[str] = []
    room = _TOOLS
    for each in tools[:MOST_TOOLS]:
        room -= len(each) + len(", ")
        if room < 0:
            break
        shown.append(each)
    return shown


def _where(policy: Policy) -> str:
    grants = [grant for grant in policy.grants if any(level is not Level.OFF for level in grant.access.values())]
    named: dict[Dimension, dict[str, None]] = {}
    for dimension in kinds_of(kind for grant in grants for kind in grant.places):
        for grant in grants:
            named.setdefault(dimension, {}).update(dict.fromkeys(grant.places.get(dimension, ())))
    where = [places({dimension: list(names)}, limit=_PLACES) for dimension, names in named.items() if names]
    return f"You may look in: {'; '.join(where)}." if where else "Your policy names no place."
