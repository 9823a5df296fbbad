"""What an agent is told when it gets nothing. Rule: "does not exist" and "not allowed" read the same (row 21)."""

from collections.abc import Sequence

from crashgate.catalogue.access import Level
from crashgate.catalogue.scope import PLACES, Dimension
from crashgate.policy.policy import Policy
from crashgate.policy.wording import listed, places
from crashgate.text import clean

_AGENT = 64
_OWNER = 100
_TOOLS = 310
_PLACES = 90


def refusal(policy: Policy | None, *, agent: str, tools: Sequence[str]) -> str:
    """The text of every refusal to ``agent``, at most 900 characters.

    ``tools`` are the names that this agent is shown. The text depends on nothing else: not on the tool, project or
    error that was asked for, so it tells nobody what exists.
    """
    name = clean(agent, limit=_AGENT, lines=False)
    if policy is None:
        return (
            f"Refused: no policy speaks of agent {name}, so nothing is open to it."
            " The operator of this gateway can add a policy document for it."
        )
    open_tools = f"You may use: {listed(tools, limit=_TOOLS)}." if tools else "No tool is open to you."
    owner = clean(policy.owner, limit=_OWNER, lines=False)
    return (
        f"Refused: this does not exist or cannot be looked up now, or the policy of {name} does not allow it."
        f" {open_tools} {_where(policy)} This policy belongs to {owner}: ask there for more."
    )


def _where(policy: Policy) -> str:
    grants = [grant for grant in policy.grants if any(level is not Level.OFF for level in grant.access.values())]
    named: dict[Dimension, dict[str, None]] = {}
    for dimension in PLACES:
        for grant in grants:
            named.setdefault(dimension, {}).update(dict.fromkeys(grant.places.get(dimension, ())))
    where = [places({dimension: list(names)}, limit=_PLACES) for dimension, names in named.items() if names]
    return f"You may look in: {'; '.join(where)}." if where else "Your policy names no place."
