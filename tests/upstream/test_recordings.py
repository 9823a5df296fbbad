"""Exchanges recorded from the live service, through the real client."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from crashgate.catalogue.result import Page
from crashgate.upstream.codec import encode
from crashgate.upstream.message import Request
from tests.upstream.exchanges import BASE_URL, CONNECTION, TOKEN, answered, dumped, expected, rows_of
from tests.upstream.recordings import Recording, load, placeholders

COVERED = {
    "025": "bugsnag.organizations.list",
    "026": "bugsnag.organizations.list",
    "027": "bugsnag.projects.list",
    "028": "bugsnag.projects.list",
    "029": "bugsnag.errors.get",
    "030": "bugsnag.errors.list",
    "032": "bugsnag.events.list_on_error",
    "033": "bugsnag.events.get",
    "034": "bugsnag.events.list_on_project",
    "035": "bugsnag.events.get_latest",
    "040": "bugsnag.organizations.get",
    "047": "bugsnag.projects.get",
    "052": "bugsnag.releases.get",
    "055": "bugsnag.releases.list",
    "056": "bugsnag.releases.list",
    "057": "bugsnag.stability_trend.get",
    "058": "bugsnag.trends.get_on_error",
    "059": "bugsnag.trends.get_on_project",
    "060": "bugsnag.trends.get_on_project",
    "061": "bugsnag.trends.get_on_error",
}
OUTSIDE = {
    "DELETE /organizations/{}",
    "DELETE /projects/{}",
    "DELETE /projects/{}/api_key",
    "GET /",
    "GET /comments/{}",
    "GET /organizations/{}/collaborators",
    "GET /organizations/{}/collaborators/{}",
    "GET /organizations/{}/collaborators/{}/projects",
    "GET /projects/{}/collaborators",
    "GET /projects/{}/errors/{}/comments",
    "GET /release_groups/{}/releases",
    "PATCH /comments/{}",
    "PATCH /organizations/{}",
    "PATCH /organizations/{}/collaborators/{}",
    "PATCH /projects/{}",
    "PATCH /projects/{}/errors",
    "POST /organizations",
    "POST /organizations/{}/collaborators",
    "POST /organizations/{}/collaborators/bulk_invite",
    "POST /organizations/{}/projects",
    "POST /projects/{}/errors/{}/comments",
}
"""What was recorded and is in no operation of the catalogue: people, comments, bulk changes, settings, groups."""

NEXT = {
    "032": (
        "base=2017-12-12T11%3A55%3A27Z&offset%5Bcount%5D=63"
        "&offset%5Btimestamp%5D=2017-12-12T10%3A58%3A54Z&offset%5Btotal_count%5D=475"
    ),
    "034": (
        "base=2017-12-12T11%3A55%3A26Z&offset%5Bcount%5D=63"
        "&offset%5Btimestamp%5D=2017-12-12T10%3A58%3A54Z&offset%5Btotal_count%5D=475"
    ),
    "055": "base=2021-07-21T12%3A00%3A00Z&offset=1&per_page=1&release_stage=development&sort=percent_of_sessions",
    "056": "offset=5",
}
TOTALS = {"027": 30, "028": 30, "030": 1, "032": 475, "034": 475, "055": 6, "056": 18}


@pytest.fixture(scope="module")
def recordings(contracts: Path) -> list[Recording]:
    return list(load(contracts))


@pytest.fixture(scope="module")
def covered(recordings: list[Recording]) -> list[Recording]:
    found = [one for one in recordings if one.operation() is not None]
    assert len(found) == 20
    return found


async def replayed(recording: Recording) -> tuple[Page[Any], httpx2.Request]:
    """The decoded answer, and the request as it went over the wire."""
    operation = recording.operation()
    assert operation is not None
    # The bodies are stored whole.
    headers = {name: value for name, value in recording.headers.items() if name != "Transfer-Encoding"}
    return await answered(operation, recording.params(), status=recording.status, headers=headers, body=recording.body)


def built(recording: Recording) -> Request:
    operation = recording.operation()
    assert operation is not None
    return encode(operation, recording.params(), CONNECTION)


def test_twenty_of_the_sixty_one_recordings_have_an_operation_in_the_catalogue(recordings: list[Recording]) -> None:
    found = {one.number: operation.id for one in recordings if (operation := one.operation()) is not None}

    assert len(recordings) == 61
    assert found == COVERED


def test_the_other_forty_one_recordings_are_of_routes_outside_the_catalogue(recordings: list[Recording]) -> None:
    others = [one.route for one in recordings if one.number not in COVERED]

    assert len(others) == 41
    assert set(others) == OUTSIDE


def test_the_request_built_for_each_recording_has_its_method_path_and_query(covered: list[Recording]) -> None:
    for one in covered:
        request = built(one)
        address = urlsplit(request.url)

        assert (request.method, f"{address.scheme}://{address.netloc}", address.path, request.body) == (
            one.method,
            BASE_URL,
            one.path,
            None,
        )
        assert sorted(parse_qsl(address.query, keep_blank_values=True)) == sorted(one.query)


async def test_the_request_that_leaves_for_each_recording_has_its_method_path_and_query(
    covered: list[Recording],
) -> None:
    for one in covered:
        _, sent = await replayed(one)

        assert (sent.method, sent.url.host, sent.url.path) == (one.method, "api.bugsnag.com", one.path)
        assert sorted(sent.url.params.multi_items()) == sorted(one.query)
        assert sent.headers["authorization"] == f"token {TOKEN}"
        assert sent.headers["x-version"] == "2"


async def test_each_recorded_answer_decodes_to_every_field_that_it_holds(covered: list[Recording]) -> None:
    rows = 0
    for one in covered:
        page, _ = await replayed(one)

        assert dumped(page) == expected(one.body), one.number
        rows += len(page.rows)

    assert rows == 223


async def test_no_recorded_secret_is_left_after_decoding(covered: list[Recording]) -> None:
    hidden = 0
    for one in covered:
        page, _ = await replayed(one)
        given = json.dumps(one.body)
        shown = json.dumps([row.model_dump(mode="json") for row in page.rows])
        keys = {row["api_key"] for row in rows_of(one.body) if "api_key" in row}

        assert not [key for key in keys if key in shown]
        assert all(key in given for key in keys)
        hidden += len(keys)

    assert hidden > 0


async def test_the_recorded_next_link_and_total_are_read(covered: list[Recording]) -> None:
    pages = {one.number: (await replayed(one))[0] for one in covered}

    assert {number: page.next_query for number, page in pages.items() if page.next_query is not None} == NEXT
    assert {number: page.total for number, page in pages.items() if page.total is not None} == TOTALS
    assert [number for number, page in pages.items() if page.truncated] == []


async def test_a_recorded_next_link_is_asked_for_as_it_was_given(covered: list[Recording]) -> None:
    followed = 0
    for one in covered:
        link = one.headers.get("Link")
        if link is None:
            continue
        operation = one.operation()
        assert operation is not None
        page, _ = await replayed(one)
        following = encode(operation, one.params(), CONNECTION, next_query=page.next_query)

        assert f'<{following.url}>; rel="next"' == link
        followed += 1

    assert followed == len(NEXT)


def test_the_placeholders_of_a_recording_go_there_and_back(contracts: Path, covered: list[Recording]) -> None:
    for one in covered:
        path = next((contracts / "bugsnag" / "recorded").glob(f"{one.number}_*.json"))
        recorded = json.loads(path.read_text(encoding="utf-8"))

        assert placeholders(built(one).url).partition("?")[0] == recorded["request"]["url"].partition("?")[0]
        assert json.loads(placeholders(json.dumps(one.body))) == recorded["response"]["body"]
