"""Requests for approval in SQLite: bound, used once, and durable (THREATS rows 22 and 33)."""

import sqlite3
import stat
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from crashgate.errors import StateUnavailableError
from crashgate.gate.approval_requests import ApprovalRequest, Standing, Way
from crashgate.model.access import Access
from crashgate.storage.approvals import FILE, SqliteApprovals

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
REQUEST = ApprovalRequest(
    id="a1b2c3",
    agent="triage-agent",
    tool="delete_error",
    operation="bugsnag.errors.delete",
    access=Access.DELETE,
    connection="bugsnag",
    target="error 5f1a0c3d9e8b7a6655443322",
    what="delete error 5f1a0c3d9e8b7a6655443322 in checkout-ios (bugsnag)",
    digest="d" * 64,
    policy_hash="e" * 64,
    call="f" * 32,
    asked=NOW,
    expires=NOW + timedelta(minutes=10),
    minutes=10,
    arguments={"project_id": "checkout-ios", "per_page": 5, "full": True, "names": ("a", "b")},
    hidden=("message",),
    why="the agent asked for text that outsiders can write",
)
CALL = replace(REQUEST, used_by="0" * 32)


@pytest.fixture
def store(tmp_path: Path) -> SqliteApprovals:
    return SqliteApprovals(tmp_path)


async def _approved(store: SqliteApprovals) -> None:
    await store.request(REQUEST, most=5)
    await store.answer(REQUEST.id, approved=True, by="olga", way=Way.CLI, now=LATER)


async def test_a_request_is_kept_as_it_is_for_every_process(store: SqliteApprovals, tmp_path: Path) -> None:
    assert await store.request(REQUEST, most=5) == REQUEST
    assert await SqliteApprovals(tmp_path).find(REQUEST.id) == REQUEST
    assert await SqliteApprovals(tmp_path).all() == [REQUEST]
    assert await store.find("another") is None


async def test_requests_of_an_earlier_version_are_kept(store: SqliteApprovals, tmp_path: Path) -> None:
    await store.request(REQUEST, most=5)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.executescript(
            "ALTER TABLE requests DROP COLUMN why; ALTER TABLE requests DROP COLUMN texts; PRAGMA user_version = 1;"
        )
    found: list[ApprovalRequest | None] = []

    async def look() -> None:
        found.append(await SqliteApprovals(tmp_path).find(REQUEST.id))

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(look)

    assert found == [replace(REQUEST, why="")] * 8


async def test_the_request_that_holds_for_a_call_is_found_and_none_is_made(store: SqliteApprovals) -> None:
    assert await store.held(REQUEST) is None
    assert await store.all() == []
    await store.request(REQUEST, most=5)

    assert await store.held(replace(REQUEST, id="another")) == REQUEST
    assert await store.held(replace(REQUEST, digest="0" * 64)) is None
    assert await store.held(replace(REQUEST, asked=REQUEST.expires)) is None


async def test_an_answer_names_who_gave_it_and_holds_for_its_time_again(store: SqliteApprovals) -> None:
    await store.request(REQUEST, most=5)
    answered = await store.answer(REQUEST.id, approved=True, by="olga", way=Way.CLI, now=LATER)

    assert answered == replace(
        REQUEST,
        standing=Standing.APPROVED,
        answered=LATER,
        answered_by="olga",
        way=Way.CLI,
        expires=LATER + timedelta(minutes=10),
    )
    assert await store.find(REQUEST.id) == answered


@pytest.mark.ablation("the first answer stands")
@pytest.mark.threats(22)
async def test_the_first_answer_stands(store: SqliteApprovals) -> None:
    await store.request(REQUEST, most=5)
    first = await store.answer(REQUEST.id, approved=False, by="olga", way=Way.CLI, now=LATER)

    assert await store.answer(REQUEST.id, approved=True, by="mallory", way=Way.CLIENT, now=LATER) == first
    assert await store.answer("another", approved=True, by="mallory", way=Way.CLIENT, now=LATER) is None


@pytest.mark.ablation("only what was approved is used", "an approval is used once")
@pytest.mark.threats(22)
async def test_an_approval_is_used_once_by_the_call_that_is_named(store: SqliteApprovals) -> None:
    await _approved(store)

    assert [await store.use(CALL, now=LATER) for _ in range(2)] == [True, False]
    kept = await store.find(REQUEST.id)
    assert kept is not None
    assert (kept.standing, kept.used_by) == (Standing.USED, CALL.used_by)
    again = replace(REQUEST, id="another-id")
    assert await store.request(again, most=5) == again


@pytest.mark.ablation(
    "a stored approval is of its agent", "a stored approval is of its call", "a stored approval is of its policy"
)
@pytest.mark.threats(22)
@pytest.mark.parametrize(
    "other",
    [{"agent": "another"}, {"digest": "0" * 64}, {"policy_hash": "0" * 64}, {"id": "another"}],
    ids=lambda other: next(iter(other)),
)
async def test_nothing_else_can_use_it(store: SqliteApprovals, other: dict[str, Any]) -> None:
    # Guards: each condition of the statement that uses an approval up.
    await _approved(store)

    assert await store.use(replace(CALL, **other), now=LATER) is False
    assert await store.use(CALL, now=LATER) is True


@pytest.mark.threats(22)
@pytest.mark.parametrize("other", [{"agent": "another"}, {"digest": "0" * 64}, {"policy_hash": "0" * 64}])
async def test_another_call_finds_no_request_of_this_one(store: SqliteApprovals, other: dict[str, Any]) -> None:
    # Guards: each condition of the statement that finds the request of a call.
    await _approved(store)
    fresh = replace(REQUEST, id="another-id", **other)

    assert await store.request(fresh, most=5) == fresh


@pytest.mark.threats(22)
@pytest.mark.parametrize("approved", [None, False])
async def test_what_nobody_approved_cannot_be_used(store: SqliteApprovals, *, approved: bool | None) -> None:
    await store.request(REQUEST, most=5)
    if approved is not None:
        await store.answer(REQUEST.id, approved=approved, by="olga", way=Way.CLI, now=NOW)

    assert await store.use(CALL, now=NOW) is False


@pytest.mark.ablation("a stored approval expires", "an answer comes in time")
@pytest.mark.threats(22)
async def test_what_has_expired_is_neither_found_nor_answered_nor_used(store: SqliteApprovals) -> None:
    await store.request(REQUEST, most=5)
    late = await store.answer(REQUEST.id, approved=True, by="olga", way=Way.CLI, now=REQUEST.expires)
    assert late == REQUEST

    await store.answer(REQUEST.id, approved=True, by="olga", way=Way.CLI, now=LATER)
    expired = LATER + timedelta(minutes=10)
    assert await store.use(CALL, now=expired) is False
    again = replace(REQUEST, id="another-id", asked=expired, expires=expired + timedelta(minutes=10))
    assert await store.request(again, most=5) == again


@pytest.mark.threats(22)
async def test_no_more_wait_than_may(store: SqliteApprovals) -> None:
    requests = [replace(REQUEST, id=f"id-{number}", digest=f"{number:064x}") for number in range(3)]

    assert [await store.request(each, most=2) for each in requests] == [*requests[:2], None]
    other = replace(requests[2], agent="another")
    assert await store.request(other, most=2) == other
    await store.answer("id-0", approved=False, by="olga", way=Way.CLI, now=NOW)
    assert await store.request(replace(requests[2], id="id-4"), most=2) is not None


@pytest.mark.threats(22)
def test_of_many_threads_at_once_exactly_one_uses_it(tmp_path: Path) -> None:
    # Guards: one statement that both looks and changes.
    anyio.run(_approved, SqliteApprovals(tmp_path))
    used: list[bool] = []
    barrier = threading.Barrier(8)

    async def use() -> None:
        used.append(await SqliteApprovals(tmp_path).use(CALL, now=LATER))

    def run() -> None:
        barrier.wait(timeout=30)
        anyio.run(use)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(used) == [*[False] * 7, True]


async def test_what_is_long_over_is_forgotten(store: SqliteApprovals) -> None:
    await store.request(REQUEST, most=5)
    much_later = NOW + timedelta(days=91)
    new = replace(REQUEST, id="new", asked=much_later, expires=much_later + timedelta(minutes=10))
    await store.request(new, most=5)

    assert await store.all() == [new]


@pytest.mark.ablation("a state file that others may write to is not trusted")
@pytest.mark.threats(33)
async def test_a_file_that_cannot_be_trusted_or_read_raises(store: SqliteApprovals, tmp_path: Path) -> None:
    file = tmp_path / FILE
    await _approved(store)
    file.chmod(0o620)
    with pytest.raises(StateUnavailableError, match="Others than its owner"):
        await store.use(CALL, now=LATER)
    file.write_bytes(b"no database at all, but longer than a header of one would be" * 20)
    file.chmod(0o600)
    with pytest.raises(StateUnavailableError, match="not a database") as told:
        await store.use(CALL, now=LATER)

    assert str(tmp_path) not in str(told.value)


async def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    await SqliteApprovals(tmp_path / "state").request(REQUEST, most=5)

    assert stat.S_IMODE((tmp_path / "state" / FILE).stat().st_mode) == 0o600
