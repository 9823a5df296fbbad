"""What the sandbox must have received, from the log's records alone. Rule: the product's codec is not asked."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

from crashgate.audit.call import Entry
from crashgate.audit.record import Effect
from crashgate.model.access import Access
from crashgate_sandbox.received import RequestLog
from tests.system.oracle import browserstack, bugsnag, bugsnag_sessions, bugspulse, devrev
from tests.system.oracle.request import Arrived, Request, Table
from tests.system.served import Site

TABLES: Mapping[str, Table] = {
    "bugsnag": bugsnag.TABLE,
    "bugsnag-sessions": bugsnag_sessions.TABLE,
    "bugspulse": bugspulse.TABLE,
    "browserstack": browserstack.TABLE,
    "devrev": devrev.TABLE,
}
_OWN = frozenset({"crashgate.access.get", "crashgate.exports.list"})
_MOST_TRIES = 3


def table_of(entry: Entry) -> Table:
    """The table of the provider that the entry's operation is of."""
    return TABLES[(entry.decision.record.operation or "").partition(".")[0]]


def expected(entries: Sequence[Entry]) -> Iterator[Request]:
    """The requests that the records tell of, in the order of their decisions; as often as the outcome says."""
    for entry in entries:
        record, outcome = entry.decision.record, entry.outcome
        if record.effect is Effect.DENY:
            assert outcome is None
            continue
        assert outcome is not None
        if record.operation in _OWN:
            assert outcome.record.requests == 0
            continue
        yield from [table_of(entry).told(record)] * outcome.record.requests


def heard(arrived: Sequence[Arrived]) -> list[Request]:
    """What arrived, as the tables have it: the path says which provider it was meant for."""
    return [_table_at(each).heard(each) for each in arrived]


def check_pages(entries: Sequence[Entry], arrived: Sequence[Arrived]) -> None:
    """Within one record's requests: each page is asked for until it is answered, and none is left out.

    Three times is the most, and only a read is ever sent twice. ``arrived`` must be what the entries tell of.
    """
    rest = iter(arrived)
    for entry in entries:
        if entry.outcome is None or entry.outcome.record.requests == 0:
            continue
        mine, page = [next(rest) for _ in range(entry.outcome.record.requests)], table_of(entry).page
        tries: dict[int | str, list[Arrived]] = {}
        for each in mine:
            tries.setdefault(page(each), []).append(each)
        for again in tries.values():
            assert len(again) <= _MOST_TRIES
            assert all(each.failed for each in again[:-1])
        numbers = sorted(number for number in tries if isinstance(number, int))
        assert numbers == list(range(min(numbers, default=0), max(numbers, default=-1) + 1))
        assert entry.decision.record.access is Access.READ or len(mine) == 1
        assert entry.outcome.record.status in {each.received.status for each in mine}
        assert len(tries) > 1 or entry.outcome.record.status == mine[-1].received.status
    assert list(rest) == []


def overheard(site: Site, patch: pytest.MonkeyPatch) -> Callable[[], list[Arrived]]:
    """What will have arrived at the sandbox, with bodies and headers; to be called before the first request."""
    bodies: list[bytes] = []
    arrived = RequestLog.arrived

    def noting(log: RequestLog, *, method: str, path: str, query: str, body: bytes) -> int:
        bodies.append(body)
        return arrived(log, method=method, path=path, query=query, body=body)

    patch.setattr(RequestLog, "arrived", noting)
    return lambda: [
        Arrived(received=received, body=body, headers=headers)
        for received, body, headers in zip(site.requests.received, bodies, site.headers, strict=True)
    ]


def _table_at(arrived: Arrived) -> Table:
    prefix = arrived.received.path.split("/")[1]
    return TABLES.get(prefix, TABLES["bugsnag"])
