"""What needs attention first: requests that wait, documents that cannot be used, and the newest refusals."""

from crashgate.audit.reader import LogReader
from crashgate.audit.record import Effect
from crashgate.audit.search import Query
from crashgate.console.activity import row
from crashgate.console.pages import Facts
from crashgate.errors import LogUnavailableError
from crashgate.policy.policy import PolicySet

_REFUSALS = 10


def overview(reader: LogReader, policies: PolicySet, waiting: int) -> Facts:
    """The first page; it needs no log yet."""
    try:
        refusals = [row(each) for each in reader.search(Query(effect=Effect.DENY, limit=_REFUSALS))]
        log = None
    except LogUnavailableError as problem:
        refusals, log = [], f"{problem.what} {problem.why}"
    return {
        "waiting": waiting,
        "log": log,
        "refusals": refusals,
        "broken": {agent: [each.text for each in problems] for agent, problems in policies.broken.items()},
        "policies": [
            {
                "agent": each.agent,
                "about": each.about,
                "owner": each.owner,
                "mode": each.mode.value,
                "source": each.source,
                "hash": each.hash,
            }
            for each in policies.values()
        ],
    }
