"""What never reaches the gate has a record too: kind, reason, and the agent that a token proves (rows 16, 24, 26)."""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from crashgate.audit.attempt import Attempt, AttemptRecord
from crashgate.errors import LogUnavailableError
from crashgate.identity import Via
from crashgate.mcp.attempts import Attempts, noting
from tests.house import TRIAGE
from tests.mcp.face import LIST_ERRORS, Face, message

if TYPE_CHECKING:
    from crashgate.audit.record import Record

RIGHT = json.dumps(LIST_ERRORS).encode()
Noted = tuple[str, str, str | None, int]


def refused(what: str, reason: str, agent: str | None = TRIAGE) -> list[Noted]:
    return [(what, reason, agent, 1)]


@pytest.mark.ablation(
    "a wrong host has a record", "a wrong token has a record", "what the protocol refuses has a record"
)
@pytest.mark.threats(2, 4)
@pytest.mark.parametrize(
    ("without", "more", "noted"),
    [
        (["Authorization"], [], refused("unauthenticated", "no_token", None)),
        (["Authorization"], [("Authorization", "Bearer x")], refused("unauthenticated", "token_not_valid", None)),
        ([], [("Authorization", "Bearer x")], refused("unauthenticated", "several_tokens", None)),
        ([], [("Host", "evil.com")], refused("wrong_host", "host_not_served", None)),
        ([], [("Origin", "http://evil.com")], refused("wrong_host", "origin_not_allowed", None)),
        (["Content-Type"], [], refused("malformed", "type_not_json")),
        ([], [("Content-Encoding", "gzip")], refused("malformed", "compressed")),
        (["Accept"], [("Accept", "text/html")], refused("malformed", "accept_header")),
        (["Mcp-Name"], [("Mcp-Name", "delete_error")], refused("malformed", "header_mismatch")),
        (
            ["MCP-Protocol-Version"],
            [("MCP-Protocol-Version", "2099-01-01")],
            refused("malformed", "header_mismatch"),
        ),
        (
            ["MCP-Protocol-Version"],
            [("Mcp-Session-Id", "0" * 32)],
            refused("session_refused", "no_such_session"),
        ),
        (["MCP-Protocol-Version"], [], refused("malformed", "invalid_request")),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_refused_request_has_a_record(
    face: Face, without: Sequence[str], more: Sequence[tuple[str, str]], noted: list[Noted]
) -> None:
    # Guards: note() in guard, bearer, body and refused.
    assert (await face.post(without=without, more=more)).status_code >= 400
    assert (face.noted, face.untouched) == (noted, True)


@pytest.mark.ablation("a batch is no message", "a refused body has a record")
@pytest.mark.threats(16, 24)
@pytest.mark.parametrize(
    ("body", "noted"),
    [
        (b"{", refused("malformed", "not_strict_json")),
        (b'{"a": 1, "a": 2}', refused("malformed", "not_strict_json")),
        (b"[" + RIGHT + b"]", refused("batch", "batch")),
        (b"7", refused("malformed", "not_a_message")),
        (b'{"id": 1}', refused("malformed", "invalid_request")),
        (b" " * (1024 * 1024 + 1), refused("oversized", "body_too_large")),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_refused_body_has_a_record(face: Face, body: bytes, noted: list[Noted]) -> None:
    assert (await face.post(body)).status_code in {400, 413}
    assert (face.noted, face.untouched) == (noted, True)


async def test_a_method_or_a_path_that_is_not_served_has_a_record(face: Face) -> None:
    await face.client.put("/mcp", headers=face.headers(), content=b"{}")
    await face.post(message("sampling/createMessage"))
    await face.client.post("/elsewhere", headers=face.headers(), content=b"{}")
    await face.attempts.aclose()

    assert face.noted == [
        ("wrong_method", "method_not_served", TRIAGE, 1),
        ("malformed", "unknown_method", TRIAGE, 1),
        ("malformed", "no_such_path", TRIAGE, 1),
    ]


@pytest.mark.threats(24)
async def test_what_is_not_even_http_has_a_record(face: Face) -> None:
    # Guards: send_400_response in server.connections.
    host, port = face.own_host.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"\x16\x03\x01 hello\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await face.attempts.aclose()

    assert answer.startswith(b"HTTP/1.1 400")
    assert face.noted == refused("malformed", "not_http", None)


@pytest.mark.threats(24, 26)
async def test_a_flood_makes_two_records_a_minute_and_counts_the_rest(face: Face) -> None:
    for _ in range(50):
        await face.post(without=["Authorization"])
    await face.attempts.aclose()

    assert sum(count for *_, count in face.noted) == 50
    # A minute may have turned in between.
    assert 2 <= len(face.noted) <= 4
    assert {each[:3] for each in face.noted} == {("unauthenticated", "no_token", None)}
    assert [verdict.sound for verdict in face.house.log.verify()] == [True]


@pytest.mark.threats(26, 29)
async def test_not_a_character_of_the_request_is_in_its_record(face: Face) -> None:
    canary = "CANARY"
    await face.post(without=["Authorization"], more=[("Authorization", f"Bearer {canary}")])
    await face.client.post(f"/{canary}", headers={**face.headers(), "User-Agent": canary}, content=b"{}")
    await face.post(b'{"CANARY": 1, "CANARY": 2}')

    assert len(face.noted) in {2, 3}
    assert canary not in "".join(str(record.record) for record in face.house.log.records())


class FullLog:
    """A log with no room, until there is."""

    def __init__(self) -> None:
        self.full = True
        self.stored: list[Record] = []

    async def append(self, record: Any) -> Any:  # noqa: ANN401 - any record, and back in its place
        if self.full:
            raise LogUnavailableError("The decision log cannot be written.")
        self.stored.append(record)

    async def aclose(self) -> None: ...


class Standing:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0


@pytest.mark.threats(28)
async def test_a_log_without_room_is_told_once_and_lets_nothing_through(caplog: pytest.LogCaptureFixture) -> None:
    log, clock = FullLog(), Standing()
    attempts = Attempts(log, clock, via=Via.HTTP)
    with caplog.at_level(logging.ERROR):
        for what in Attempt:
            await attempts.note(what, "full")
        log.full = False
        await attempts.note(Attempt.BATCH, "room", agent="a")
        log.full = True
        await attempts.note(Attempt.BATCH, "full", agent="b")

    told = "Refused requests cannot be recorded (they are refused all the same): The decision log cannot be written."
    assert [record.getMessage() for record in caplog.records] == [told, told]
    assert [record.reason for record in log.stored if isinstance(record, AttemptRecord)] == ["room"]


async def test_what_was_counted_is_stored_when_its_minute_is_over_and_at_the_end() -> None:
    log, clock = FullLog(), Standing()
    log.full = False
    counts: list[Mapping[str, Any]] = []
    async with noting(log, clock, via=Via.STDIO) as attempts:
        for _ in range(3):
            await attempts.note(Attempt.MALFORMED, "not_strict_json", agent="a")
        await attempts.settle()
        counts.append({"same minute": [record.count for record in log.stored if isinstance(record, AttemptRecord)]})
        clock.at = clock.at.replace(minute=31)
        await attempts.settle()
        counts.append({"next minute": [record.count for record in log.stored if isinstance(record, AttemptRecord)]})
        for _ in range(2):
            await attempts.note(Attempt.MALFORMED, "not_strict_json", agent="a")
    counts.append({"end": [record.count for record in log.stored if isinstance(record, AttemptRecord)]})

    assert counts == [{"same minute": [1]}, {"next minute": [1, 2]}, {"end": [1, 2, 1, 1]}]
