from typing import Any

import httpx2
import pytest

from crashgate_sandbox.browserstack.auth import ORGANIZATION_SECRET_KEY, PUBLIC_KEY, SECRET_KEY, WRITE_KEY
from crashgate_sandbox.browserstack.manners import HOBBY, LangfuseManners, TooManyForm
from tests.sandbox.browserstack.harness import INGESTION, SESSIONS, TRACES, Evals, Start, basic

READING = (SESSIONS, f"{SESSIONS}/some", TRACES, f"{TRACES}/some", "/api/public/projects")
KEYS: dict[str, dict[str, str]] = {
    "no Authorization header": {"Authorization": ""},
    "not Basic/Bearer": {"Authorization": "Digest abc"},
    "wrong key": basic(PUBLIC_KEY, "sk-lf-wrong"),
    "malformed Basic": {"Authorization": "Basic %%%"},
    "Bearer public key on a project route": {"Authorization": f"Bearer {PUBLIC_KEY}"},
}


def documented(wire: Any, when: str) -> tuple[int, Any]:  # noqa: ANN401 - JSON
    found = next(one for one in wire["errors"] if one["when"] == when)
    return found["status"], found["body"]


@pytest.mark.parametrize("when", KEYS)
async def test_a_key_that_does_not_fit_is_refused_as_documented(evals: Evals, wire: Any, when: str) -> None:  # noqa: ANN401 - JSON
    for path in READING:
        answer = await evals.get(path, headers=KEYS[when])
        assert (answer.status_code, answer.json()) == documented(wire, when)


async def test_no_header_at_all_is_no_header(evals: Evals, wire: Any) -> None:  # noqa: ANN401 - JSON
    async with httpx2.AsyncClient(base_url=evals.base_url) as stranger:
        answer = await stranger.get(SESSIONS)
        assert (answer.status_code, answer.json()) == documented(wire, "no Authorization header")
        assert (await stranger.get("/api/public/health")).status_code == 200


@pytest.mark.parametrize("when", [one for one in KEYS if not one.startswith("Bearer")])
async def test_a_401_names_its_error_on_the_ingestion_route_and_where_the_server_does_so(
    evals: Evals,
    start_other: Start,
    wire: Any,  # noqa: ANN401 - JSON
    when: str,
) -> None:
    status, body = documented(wire, when)
    named = {"error": wire["ingestion"]["auth_errors"]["body"]["error"], **body}
    answer = await evals.ingest(headers=KEYS[when])
    assert (answer.status_code, answer.json()) == (status, named)

    async with start_other(manners=LangfuseManners(error_in_401=True)) as other:
        answer = await other.get(SESSIONS, headers=KEYS[when])
        assert (answer.status_code, answer.json()) == (status, named)


@pytest.mark.parametrize("value", ["Basic", "Basic cGs=", "Basic cGs6", "Basic OnNr", "Basic ////", "Basic /w=="])
async def test_basic_without_two_keys_is_malformed(evals: Evals, wire: Any, value: str) -> None:  # noqa: ANN401 - JSON
    answer = await evals.get(SESSIONS, headers={"Authorization": value})

    assert (answer.status_code, answer.json()) == documented(wire, "malformed Basic")


async def test_the_secret_alone_says_who_is_calling(evals: Evals) -> None:
    assert (await evals.get(SESSIONS, headers=basic("pk-lf-another", SECRET_KEY))).status_code == 200


async def test_a_public_key_in_a_bearer_header_is_a_401_in_older_versions(start_other: Start) -> None:
    async with start_other(manners=LangfuseManners(scores_key_is_401=True)) as evals:
        assert (await evals.get(SESSIONS, headers={"Authorization": f"Bearer {PUBLIC_KEY}"})).status_code == 401


async def test_a_key_of_the_organisation_opens_no_project(evals: Evals, wire: Any) -> None:  # noqa: ANN401 - JSON
    key = basic("pk-lf-org", ORGANIZATION_SECRET_KEY)
    # The document says itself that the refusal by access level is the usual one.
    answer = await evals.get(SESSIONS, headers=key)

    assert (answer.status_code, answer.json()) == documented(wire, "Bearer public key on a project route")
    assert (await evals.ingest(headers=key)).json()["error"] == "UnauthorizedError"


async def test_any_key_will_do_where_that_was_chosen_and_its_kind_still_counts(start_other: Start) -> None:
    async with start_other(any_key=True) as evals:
        assert (await evals.get(SESSIONS, headers=basic("a", "b"))).status_code == 200
        for kind in (WRITE_KEY, "wk-lf-other", "pk-lf-other"):
            assert (await evals.get(SESSIONS, headers={"Authorization": f"Bearer {kind}"})).status_code == 403
        assert (await evals.get(SESSIONS, headers={"Authorization": ""})).status_code == 401


async def test_a_wrong_method_is_a_405_before_anybody_is_asked_for_a_key(evals: Evals, wire: Any) -> None:  # noqa: ANN401 - JSON
    for path in READING:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = await evals.client.request(method, path, headers={"Authorization": ""})
            assert (answer.status_code, answer.json()) == documented(wire, "wrong method")
    answer = await evals.get(INGESTION)
    assert (answer.status_code, answer.json()) == documented(wire, "wrong method")


async def test_a_session_that_is_not_there_is_a_404(evals: Evals, wire: Any) -> None:  # noqa: ANN401 - JSON
    for one in ("nobody", "chat-zzzzzzzz", "chat-00000000", "chat-ffffffffffffffffff", "%20", "%E2%80%AE"):
        answer = await evals.get(f"{SESSIONS}/{one}")
        assert (answer.status_code, answer.json()) == documented(wire, "session not found")


async def test_a_route_that_is_not_there_is_a_page(evals: Evals) -> None:
    for path in ("/", "/api/public/session", "/api/public/sessions%2Fx", "/api/public/scores"):
        answer = await evals.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


async def test_more_than_a_hundred_rows_are_refused_as_documented(evals: Evals, wire: Any) -> None:  # noqa: ANN401 - JSON
    for path in (SESSIONS, TRACES):
        answer = await evals.get(f"{path}?limit=101")
        assert (answer.status_code, answer.json()) == documented(wire, "limit=101")


@pytest.mark.parametrize(
    "value", ["2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-02-30T00:00:00Z", "", "now"]
)
async def test_a_time_without_a_time_or_a_zone_is_refused_as_documented(evals: Evals, wire: Any, value: str) -> None:  # noqa: ANN401 - JSON
    for path in (SESSIONS, TRACES):
        answer = await evals.get(path, params={"fromTimestamp": value})
        body = answer.json()
        # "also carries a long pattern", which the document does not give.
        assert body["error"][0].pop("pattern").startswith("/^")
        assert (answer.status_code, body) == documented(wire, "fromTimestamp=2026-01-01 (date only) or no zone")


async def test_all_that_is_wrong_is_said_at_once(evals: Evals) -> None:
    answer = await evals.get(f"{SESSIONS}?page=0&limit=-1&fromTimestamp=x&toTimestamp=a&toTimestamp=b")

    assert answer.status_code == 400
    assert [(one["path"], one["code"]) for one in answer.json()["error"]] == [
        (["page"], "too_small"),
        (["limit"], "too_small"),
        (["fromTimestamp"], "invalid_format"),
        (["toTimestamp"], "invalid_type"),
    ]


@pytest.mark.parametrize("query", ["page=x", "page=1.5", "page=1&page=2", "limit=1e99", "limit=nan", "limit=1_0"])
async def test_what_is_no_whole_number_is_refused(evals: Evals, query: str) -> None:
    answer = await evals.get(f"{SESSIONS}?{query}")

    assert (answer.status_code, [one["code"] for one in answer.json()["error"]]) == (400, ["invalid_type"])


async def test_a_deployment_without_sessions_says_so(start_other: Start, wire: Any) -> None:  # noqa: ANN401 - JSON
    async with start_other(manners=LangfuseManners(events_only=True)) as evals:
        for path in (SESSIONS, f"{SESSIONS}/tenant%2Facme", TRACES):
            answer = await evals.get(path)
            assert (answer.status_code, answer.json()) == documented(wire, "events_only (v4) deployment")
        assert (await evals.get("/api/public/projects")).status_code == 200


async def test_without_its_database_the_server_knows_nobody(start_other: Start, wire: Any) -> None:  # noqa: ANN401 - JSON
    async with start_other(manners=LangfuseManners(database_down=True)) as evals:
        for answer in (await evals.get(SESSIONS), await evals.ingest()):
            assert (answer.status_code, answer.json()) == documented(wire, "auth database down")


async def test_ingestion_may_be_suspended(start_other: Start, wire: Any) -> None:  # noqa: ANN401 - JSON
    async with start_other(manners=LangfuseManners(ingestion_suspended=True)) as evals:
        answer = await evals.ingest()
        assert (answer.status_code, answer.json()) == (
            wire["ingestion"]["suspended"]["status"],
            wire["ingestion"]["suspended"]["body"],
        )
        assert (await evals.get(SESSIONS)).status_code == 200


async def _spend(evals: Evals, calls: int) -> None:
    for _ in range(calls):
        answer = await evals.get(f"{SESSIONS}?limit=1")
        assert answer.status_code == 200
        assert not [name for name in answer.headers if "ratelimit" in name or name == "retry-after"]


LIMIT_HEADERS = {
    "retry-after": "1",
    "x-ratelimit-limit": "15",
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset": "Fri Nov 20 2026 15:31:00 GMT+0000 (Coordinated Universal Time)",
}
"""The minute began with the first request, at 15:30:00.123."""


async def test_fifteen_a_minute_are_fourteen_and_the_next_is_a_429_as_documented(
    start_other: Start,
    wire: Any,  # noqa: ANN401 - JSON
) -> None:
    async with start_other(manners=LangfuseManners(requests_a_minute=HOBBY)) as evals:
        await _spend(evals, 14)
        evals.clock.passed += 59.4
        refused = await evals.get(SESSIONS)

        status, body = documented(wire, "rate limited, current (since 2026-06-18)")
        body["details"]["resetAt"] = "2026-11-20T15:31:00.123Z"
        assert (refused.status_code, refused.json()) == (status, body)
        assert {name: refused.headers[name] for name in LIMIT_HEADERS} == LIMIT_HEADERS

        again = await evals.get(TRACES)
        assert again.json()["details"]["remaining"] == -1
        assert again.json()["message"].startswith("Rate limit exceeded for GET /api/public/traces.")
        evals.clock.passed += 0.7
        await _spend(evals, 14)


async def test_before_june_2026_a_429_was_plain_text(start_other: Start, wire: Any) -> None:  # noqa: ANN401 - JSON
    old = next(one for one in wire["errors"] if one["when"].startswith("rate limited, before"))
    async with start_other(manners=LangfuseManners(requests_a_minute=HOBBY, too_many=TooManyForm.TEXT)) as evals:
        await _spend(evals, 14)
        evals.clock.passed += 59
        refused = await evals.get(SESSIONS)

        assert (refused.status_code, refused.text) == (429, old["body_text"])
        assert "content-type" not in refused.headers
        assert {name: refused.headers[name] for name in LIMIT_HEADERS} == LIMIT_HEADERS


async def test_sessions_and_traces_share_a_budget_that_others_do_not_touch(start_other: Start) -> None:
    async with start_other(manners=LangfuseManners(requests_a_minute=3, ingestions_a_minute=2)) as evals:
        answers = [
            await evals.get(SESSIONS),
            await evals.get(f"{TRACES}?limit=1", headers=basic("pk-lf-other", SECRET_KEY)),
            await evals.get(f"{SESSIONS}/nobody"),
            await evals.get(SESSIONS, headers={"Authorization": ""}),
            await evals.ingest(),
            await evals.ingest(),
            await evals.get("/api/public/projects"),
        ]
        assert [one.status_code for one in answers] == [200, 200, 429, 401, 207, 429, 200]

        evals.service.reset()
        assert (await evals.get(SESSIONS)).status_code == 200
