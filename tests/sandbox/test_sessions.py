"""The Session Tracking API: the forms that real notifiers send, and what is refused."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any

import httpx2
import pytest

from crashgate_sandbox.bugsnag_sessions.service import PART as SESSIONS_PART
from crashgate_sandbox.bugsnag_sessions.service import Sessions
from crashgate_sandbox.bugsnag_sessions.started_at import read_time
from crashgate_sandbox.faults import Faults
from crashgate_sandbox.front import Front
from crashgate_sandbox.received import RequestLog
from crashgate_sandbox.standalone import running
from crashgate_sandbox.world.world import World
from tests.held_clock import NOW
from tests.plain_http import NO_CERTIFICATES
from tests.sandbox.harness import Sandbox

NOTIFIER = {"name": "Python Bugsnag Notifier", "version": "4.9.2", "url": "https://github.com/bugsnag/bugsnag-python"}
PYTHON: dict[str, Any] = {
    "notifier": NOTIFIER,
    "device": {"hostname": "vm", "runtimeVersions": {"python": "3.11.7"}},
    "app": {"releaseStage": "production", "version": "7.45.0"},
    "sessionCounts": [{"startedAt": "2026-11-20T15:20:00", "sessionsStarted": 5}],
}
"""As the Python notifier 4.9.2 sends it; the version is the newest release of the web checkout."""
BROWSER: dict[str, Any] = {
    "notifier": NOTIFIER,
    "device": {"id": "c1", "userAgent": "Firefox"},
    "app": {"releaseStage": "production", "version": "7.45.0", "type": "browser"},
    "sessions": [
        {"id": "a", "startedAt": "2026-11-20T15:20:31.250Z", "user": {"id": "7"}},
        {"id": "b", "startedAt": "2026-11-20T16:20:59.999+01:00"},
    ],
}
"""Individual sessions, as browsers and phones send them."""


def headers(sandbox: Sandbox, **more: str) -> dict[str, str]:
    """Those of the Python notifier, changed. The client's own token is not sent."""
    return {
        "Bugsnag-Api-Key": sandbox.project("checkout-web").api_key,
        "Bugsnag-Payload-Version": "4.0",
        "Bugsnag-Sent-At": "2026-11-20T15:29:58",
        "Content-Type": "application/json",
        "Authorization": "",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }


async def report(sandbox: Sandbox, body: object, *, path: str = SESSIONS_PART.prefix, **more: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await sandbox.client.post(path, content=content, headers=headers(sandbox, **more))


def counts(sandbox: Sandbox, **minutes: int) -> list[dict[str, Any]]:
    """The sandbox's own list with that many sessions of the web checkout at each ``h15_20``."""
    return [
        {
            "project_id": sandbox.project("checkout-web").id,
            "minute": f"2026-11-20T{minute[1:].replace('_', ':')}Z",
            "sessions": number,
        }
        for minute, number in minutes.items()
    ]


@pytest.mark.parametrize("path", ["", "/", "/sessions"])
async def test_a_report_is_accepted_on_the_address_as_it_is_and_on_the_documented_one(
    sandbox: Sandbox, path: str
) -> None:
    answer = await report(sandbox, PYTHON, path=f"{SESSIONS_PART.prefix}{path}")

    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert len(answer.headers["bugsnag-session-uuid"]) == 36
    assert await sandbox.json("/_sandbox/sessions") == counts(sandbox, h15_20=5)
    assert [(one.path, one.status) for one in sandbox.log.received] == [(f"{SESSIONS_PART.prefix}{path}", 202)]


async def test_a_report_that_is_sent_twice_counts_twice(sandbox: Sandbox) -> None:
    await report(sandbox, PYTHON)
    await report(sandbox, PYTHON)

    assert await sandbox.json("/_sandbox/sessions") == counts(sandbox, h15_20=10)


async def test_individual_sessions_count_one_each_in_their_utc_minute(sandbox: Sandbox) -> None:
    answer = await report(sandbox, BROWSER, Bugsnag_Payload_Version="1.0", Bugsnag_Sent_At="2026-11-20T15:29:58.123Z")

    assert answer.status_code == 202
    assert await sandbox.json("/_sandbox/sessions") == counts(sandbox, h15_20=2)


async def test_both_lists_of_one_report_are_counted(sandbox: Sandbox) -> None:
    await report(sandbox, BROWSER | {"sessionCounts": [{"startedAt": "2026-11-20T15:21Z", "sessionsStarted": 3}]})

    assert await sandbox.json("/_sandbox/sessions") == counts(sandbox, h15_20=2, h15_21=3)


async def test_app_and_device_may_be_left_out(sandbox: Sandbox) -> None:
    answer = await report(sandbox, {"notifier": NOTIFIER, "sessionCounts": PYTHON["sessionCounts"]})

    assert answer.status_code == 202
    assert await sandbox.json("/_sandbox/sessions") == counts(sandbox, h15_20=5)


@pytest.fixture
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that is nine hours ahead of UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T17:18:00", "2026-11-20T17:18:00+00:00"),
        ("2017-01-01T14:30Z", "2017-01-01T14:30:00+00:00"),
        ("2026-11-20T17:18:59.999Z", "2026-11-20T17:18:59.999000+00:00"),
        ("2026-11-20T01:18:00+02:00", "2026-11-19T23:18:00+00:00"),
        ("2026-11-20T17:18", "2026-11-20T17:18:00+00:00"),
    ],
)
@pytest.mark.usefixtures("tokyo")
def test_every_form_of_a_time_is_read_wherever_the_machine_is(text: str, expected: str) -> None:
    moment = read_time(text)

    assert moment is not None
    assert moment.isoformat() == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-20",
        "20261120T171800Z",
        "2026-W47-5T17:18Z",
        "2026-13-01T00:00Z",
        "0001-01-01T00:00+14:00",
        7,
    ],
)
def test_what_is_no_such_time_is_none(text: object) -> None:
    assert read_time(text) is None


@pytest.mark.parametrize("name", ["Bugsnag-Api-Key", "Bugsnag-Payload-Version", "Bugsnag-Sent-At", "Content-Type"])
async def test_a_missing_header_is_a_400(sandbox: Sandbox, name: str) -> None:
    sent = {given: value for given, value in headers(sandbox).items() if given != name}

    answer = await sandbox.client.post(SESSIONS_PART.prefix, content=json.dumps(PYTHON), headers=sent)

    assert (answer.status_code, answer.json()) == (400, {"status": "error", "errors": [f"{name} is required"]})
    assert await sandbox.json("/_sandbox/sessions") == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("Bugsnag-Payload-Version", "2.0", "Bugsnag-Payload-Version must be one of 1.0, 4.0"),
        ("Bugsnag-Sent-At", "just now", "Bugsnag-Sent-At must be an ISO 8601 time"),
        ("Content-Type", "text/plain", "Content-Type must be application/json"),
        ("Bugsnag-Integrity", "sha1 " + "0" * 40, "Bugsnag-Integrity does not fit the body"),
    ],
)
async def test_a_header_that_does_not_fit_is_a_400(sandbox: Sandbox, name: str, value: str, message: str) -> None:
    sent = headers(sandbox) | {name: value}

    answer = await sandbox.client.post(SESSIONS_PART.prefix, content=json.dumps(PYTHON), headers=sent)

    assert (answer.status_code, answer.json()) == (400, {"status": "error", "errors": [message]})
    assert await sandbox.json("/_sandbox/sessions") == []


async def test_a_digest_that_fits_the_body_is_taken(sandbox: Sandbox) -> None:
    body = json.dumps(PYTHON).encode()

    answer = await report(sandbox, body, Bugsnag_Integrity=f"sha1 {sha1(body).hexdigest()}")  # noqa: S324 - the vendor's

    assert answer.status_code == 202


@pytest.mark.parametrize("key", ["", "0" * 32, "nonsense"])
async def test_a_key_of_no_project_is_a_401(sandbox: Sandbox, key: str) -> None:
    answer = await report(sandbox, PYTHON, Bugsnag_Api_Key=key)

    assert (answer.status_code, answer.json()) == (401, {"status": "error", "errors": ["The API key is invalid"]})


async def test_a_key_that_was_replaced_is_a_401_and_the_new_one_counts(sandbox: Sandbox) -> None:
    old = sandbox.project("checkout-web").api_key
    new = (await sandbox.client.delete("/projects/checkout-web/api_key")).json()["api_key"]

    assert (await report(sandbox, PYTHON, Bugsnag_Api_Key=old)).status_code == 401
    assert (await report(sandbox, PYTHON, Bugsnag_Api_Key=new)).status_code == 202


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (b"{", ["The body is not JSON"]),
        (b"\xff", ["The body is not JSON"]),
        ([], ["The body must be an object"]),
        ({}, ["notifier is required", "One of sessions and sessionCounts is required"]),
        (
            {**PYTHON, "notifier": {"name": "x"}},
            ["notifier.version must be a string", "notifier.url must be a string"],
        ),
        ({**PYTHON, "sessionCounts": {}}, ["sessionCounts must be an array"]),
        ({**PYTHON, "sessionCounts": [7]}, ["sessionCounts[0] must be an object"]),
        (
            {**PYTHON, "sessionCounts": [*PYTHON["sessionCounts"], {"startedAt": "soon", "sessionsStarted": 1}]},
            ["sessionCounts[1].startedAt must be an ISO 8601 time"],
        ),
        (
            {**PYTHON, "sessionCounts": [{"startedAt": "2026-11-20T15:20Z", "sessionsStarted": 0}]},
            ["sessionCounts[0].sessionsStarted must be an integer of at least 1"],
        ),
        (
            {**PYTHON, "sessionCounts": [{"startedAt": "2026-11-20T15:20Z", "sessionsStarted": True}]},
            ["sessionCounts[0].sessionsStarted must be an integer of at least 1"],
        ),
        ({**BROWSER, "sessions": [{"startedAt": "2026-11-20T15:20Z"}]}, ["sessions[0].id must be a string"]),
    ],
)
async def test_a_report_that_does_not_fit_is_refused_whole_and_told_why(
    sandbox: Sandbox, body: object, errors: list[str]
) -> None:
    answer = await report(sandbox, body)

    assert (answer.status_code, answer.json()) == (400, {"status": "error", "errors": errors})
    assert await sandbox.json("/_sandbox/sessions") == []


async def test_a_body_of_more_than_a_megabyte_is_refused(sandbox: Sandbox) -> None:
    body = json.dumps(PYTHON).encode()

    fits = await report(sandbox, body + b" " * (1_000_000 - len(body)))
    too_large = await report(sandbox, body + b" " * (1_000_001 - len(body)))

    assert fits.status_code == 202
    assert (too_large.status_code, too_large.json()) == (
        400,
        {"status": "error", "errors": ["The body is larger than 1000000 bytes"]},
    )


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_any_other_method_is_a_405(sandbox: Sandbox, method: str) -> None:
    answer = await sandbox.client.request(method, f"{SESSIONS_PART.prefix}/sessions", headers=headers(sandbox))

    assert (answer.status_code, answer.json()) == (405, {"status": "error", "errors": ["Only POST is allowed"]})
    assert answer.headers["allow"] == "POST"


async def test_another_path_is_a_404(sandbox: Sandbox) -> None:
    answer = await report(sandbox, PYTHON, path=f"{SESSIONS_PART.prefix}/session")

    assert (answer.status_code, answer.json()) == (404, {"status": "error", "errors": ["Not found"]})


async def test_reported_sessions_show_in_the_stability_of_their_release(sandbox: Sandbox) -> None:
    trend = "/projects/checkout-web/stability_trend"
    newest = "/projects/checkout-web/releases?release_stage=production&per_page=2"
    days, releases = await sandbox.json(trend), await sandbox.json(newest)

    await report(sandbox, PYTHON)

    today = days["timeline_points"][-1]["total_sessions_count"]
    assert (await sandbox.json(trend))["timeline_points"][-1]["total_sessions_count"] == today + 5
    counted = releases[0] | {
        "sessions_count_in_last_24h": releases[0]["sessions_count_in_last_24h"] + 5,
        "total_sessions_count": releases[0]["total_sessions_count"] + 5,
    }
    assert await sandbox.json(newest) == [counted, releases[1]]
    assert releases[0]["app_version"] == PYTHON["app"]["version"]


async def test_sessions_of_another_stage_or_version_do_not_count_for_it(sandbox: Sandbox) -> None:
    trend = "/projects/checkout-web/stability_trend"
    newest = "/projects/checkout-web/releases?release_stage=production"
    before = await sandbox.json(trend), await sandbox.json(newest)

    await report(sandbox, PYTHON | {"app": {"releaseStage": "review-7", "version": "7.45.0"}})

    assert (await sandbox.json(trend), await sandbox.json(newest)) == before


async def test_the_first_report_of_an_app_gives_it_a_stability_trend(sandbox: Sandbox) -> None:
    trend = "/projects/warehouse-scanner/stability_trend"
    before = await sandbox.get(trend)

    await report(sandbox, PYTHON, Bugsnag_Api_Key=sandbox.project("warehouse-scanner").api_key)

    points = (await sandbox.json(trend))["timeline_points"]
    assert before.status_code == 204
    assert [point["total_sessions_count"] for point in points] == [*[0] * 29, 5]


async def test_a_reset_forgets_the_reports(sandbox: Sandbox) -> None:
    await report(sandbox, PYTHON)
    await sandbox.client.post("/_sandbox/reset")

    assert await sandbox.json("/_sandbox/sessions") == []


@pytest.fixture
async def alone() -> AsyncIterator[tuple[str, World, RequestLog]]:
    """The Session Tracking API on a port of its own."""
    world, log = World(now=NOW), RequestLog()
    async with running(Front(Sessions(world), Faults(), log)) as base_url:
        yield base_url, world, log


@pytest.mark.parametrize("path", ["", "/", "/sessions"])
async def test_alone_it_is_at_the_root(alone: tuple[str, World, RequestLog], path: str) -> None:
    base_url, world, log = alone
    project = world.project("checkout-web")
    assert project is not None
    sent = {
        "Bugsnag-Api-Key": project.api_key,
        "Bugsnag-Payload-Version": "1.0",
        "Bugsnag-Sent-At": "2026-11-20T15:29:58Z",
    }

    async with httpx2.AsyncClient(base_url=base_url, verify=NO_CERTIFICATES) as client:
        answer = await client.post(f"{base_url}{path}", json=PYTHON, headers=sent)

    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert world.sessions.minutes() == {(project.id, datetime(2026, 11, 20, 15, 20, tzinfo=UTC)): 5}
    assert [one.path for one in log.received] == [path or "/"]


async def test_alone_there_is_no_data_access_api(alone: tuple[str, World, RequestLog]) -> None:
    async with httpx2.AsyncClient(base_url=alone[0], verify=NO_CERTIFICATES) as client:
        answer = await client.get("/user/organizations")

    assert (answer.status_code, answer.json()) == (404, {"status": "error", "errors": ["Not found"]})
