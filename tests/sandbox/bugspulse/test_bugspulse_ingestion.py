from typing import Any

import pytest

from tests.sandbox.bugspulse.harness import Pulse

STARTED = 1_795_000_000_000
DEVICE = {
    "platform": "ios",
    "osVersion": "18.1",
    "appVersion": "9.9.9",
    "networkType": "cellular",
    "model": "iPhone15,2",
}


def report(name: str = "sess_mine", started: int = STARTED, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"sessionId": name, "startedAt": started, "userId": "usr_7", "device": DEVICE, **more}


async def test_an_ingested_session_is_exported_as_active(pulse: Pulse) -> None:
    answer = await pulse.ingest("/ingest/session", report())
    body = await pulse.json("/export/sessions")

    assert (answer.status_code, answer.json()) == (201, {"ok": True})
    assert (body["total"], next(row for row in body["data"] if row["id"] == "sess_mine")) == (
        241,
        {
            "id": "sess_mine",
            "userId": "usr_7",
            "status": "active",
            "platform": "ios",
            "osVersion": "18.1",
            "appVersion": "9.9.9",
            "networkType": "cellular",
            "eventCount": 0,
            "hasCrash": False,
            "hasNetworkErrors": False,
            "duration": None,
            "startedAt": "2026-11-18T11:06:40.000Z",
            "endedAt": None,
        },
    )


async def test_a_session_that_was_ended_is_completed_with_its_duration(pulse: Pulse) -> None:
    await pulse.ingest("/ingest/session", report())
    answer = await pulse.ingest("/ingest/session/end", {"sessionId": "sess_mine", "endedAt": STARTED + 61_000})
    row = next(row for row in await pulse.rows("/export/sessions") if row["id"] == "sess_mine")

    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert (row["status"], row["duration"], row["endedAt"]) == ("completed", 61_000, "2026-11-18T11:07:41.000Z")


async def test_a_session_reported_twice_counts_as_first_reported(pulse: Pulse) -> None:
    first = await pulse.ingest("/ingest/session", report())
    second = await pulse.ingest("/ingest/session", report(userId="usr_8"))
    rows = [row["userId"] for row in await pulse.rows("/export/sessions") if row["id"] == "sess_mine"]

    assert (first.status_code, second.status_code, rows) == (201, 201, ["usr_7"])


async def test_a_session_that_was_there_before_is_not_reported_again(pulse: Pulse) -> None:
    answer = await pulse.ingest("/ingest/session", report("sess_1780000000_abc123"))

    assert (answer.status_code, (await pulse.json("/export/sessions"))["total"]) == (201, 240)


async def test_ingested_sessions_stand_where_their_time_puts_them_on_whatever_page(pulse: Pulse) -> None:
    for number, started in enumerate((STARTED, STARTED + 1, STARTED - 40 * 86_400_000, STARTED + 9 * 86_400_000)):
        await pulse.ingest("/ingest/session", report(f"mine_{number}", started))
    whole = await pulse.rows("/export/sessions", limit=1000)
    started_at = [row["startedAt"] for row in whole]

    assert started_at == sorted(started_at, reverse=True)
    assert [row["id"] for row in whole if row["id"].startswith("mine")] == ["mine_3", "mine_1", "mine_0", "mine_2"]
    assert len(whole) == 244
    for limit in (1, 3, 19, 100):
        assert await pulse.rows("/export/sessions", limit=limit) == whole


async def test_a_period_takes_ingested_sessions_too(pulse: Pulse) -> None:
    await pulse.ingest("/ingest/session", report())
    there = await pulse.json("/export/sessions", since="2026-11-18", until="2026-11-18")
    not_there = await pulse.json("/export/sessions", since="2026-11-19", until="2026-11-19")

    assert (there["total"], not_there["total"]) == (9, 8)


async def test_a_reset_forgets_ingested_sessions(pulse: Pulse) -> None:
    await pulse.ingest("/ingest/session", report())
    pulse.service.reset()

    assert (await pulse.json("/export/sessions"))["total"] == 240


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ([], "The body must be an object"),
        (report(""), "sessionId is required"),
        (report(startedAt="2026-01-01"), "startedAt must be a Unix time in milliseconds"),
        (report(startedAt=10**20), "startedAt must be a Unix time in milliseconds"),
        (report(device={}), "device.platform must be one of android, ios, linux, macos, windows"),
        (report(device={"platform": []}), "device.platform must be one of android, ios, linux, macos, windows"),
    ],
)
async def test_a_report_with_a_fault_is_refused(body: object, error: str, pulse: Pulse) -> None:
    answer = await pulse.ingest("/ingest/session", body)

    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert (await pulse.json("/export/sessions"))["total"] == 240


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"sessionId":"\\ud800"}', b"[" * 100_000])
async def test_what_is_not_json_is_refused(content: bytes, pulse: Pulse) -> None:
    answer = await pulse.client.post("/ingest/session/end", content=content)

    assert (answer.status_code, answer.json()) == (400, {"error": "The body is not JSON"})


async def test_the_end_of_a_session_that_nobody_reported_is_not_found(pulse: Pulse) -> None:
    answer = await pulse.ingest("/ingest/session/end", {"sessionId": "sess_1780000000_abc123", "endedAt": STARTED})

    assert (answer.status_code, answer.json()) == (404, {"error": "Session not found"})


async def test_ingestion_cannot_be_read(pulse: Pulse) -> None:
    answer = await pulse.get("/ingest/session")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
