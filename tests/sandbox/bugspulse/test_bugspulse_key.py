import pytest

from crashgate_sandbox.bugspulse.key import DEACTIVATED_KEY
from tests.sandbox.bugspulse.harness import Pulse, Start

PATHS = ("/export/sessions", "/export/crashes", "/export/events?sessionId=x", "/export/network")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("header", "error"),
    [
        ("Bearer bp_somebody_else", "Invalid API key"),
        (f"Bearer {DEACTIVATED_KEY}", "API key is deactivated"),
        ("Bearer", "Missing API key"),
        ("bp_sandbox_key", "Missing API key"),
        ("token bp_sandbox_key", "Missing API key"),
    ],
)
async def test_a_request_without_the_key_is_refused(path: str, header: str, error: str, pulse: Pulse) -> None:
    answer = await pulse.client.get(path, headers={"Authorization": header})

    assert (answer.status_code, answer.json()) == (401, {"error": error})


async def test_ingestion_asks_for_the_same_key(pulse: Pulse) -> None:
    answer = await pulse.client.post("/ingest/session", json={}, headers={"Authorization": "Bearer bp_other"})

    assert answer.status_code == 401


async def test_where_keys_are_not_checked_any_will_do_but_none_will_not(start: Start) -> None:
    async with start(key=None, sent_key="bp_whatever") as pulse:
        taken = await pulse.get("/export/sessions")
        missing = await pulse.client.get("/export/sessions", headers={"Authorization": ""})

    assert (taken.status_code, missing.status_code) == (200, 401)


@pytest.mark.parametrize(
    "path", ["/export", "/export/", "/export/users", "/export/export/sessions", "/", "/export/sessions/"]
)
async def test_another_path_is_not_found(path: str, pulse: Pulse) -> None:
    answer = await pulse.get(path)

    assert (answer.status_code, answer.json()) == (404, {"error": "Not found"})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
async def test_exports_are_read_only(method: str, pulse: Pulse) -> None:
    answer = await pulse.client.request(method, "/export/sessions")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


async def test_below_a_prefix_the_paths_are_the_same(start: Start) -> None:
    async with start(prefix="/bugspulse") as pulse:
        below, beside = await pulse.get("/bugspulse/export/crashes"), await pulse.get("/other/export/crashes")

    assert (below.status_code, beside.status_code) == (200, 404)
