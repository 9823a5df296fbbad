"""Exchanges recorded from the live service, through the real client."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from crashgate.errors import Code, UpstreamError
from crashgate.model.message import Request
from crashgate.model.result import Page
from crashgate.upstream.codec import encode
from tests.rows import dump
from tests.upstream.exchanges import BASE_URL, CONNECTION, TOKEN, answered, dumped, expected, rows_of
from tests.upstream.recordings import PLACEHOLDERS, Recording, load, paths, placeholders

COVERED = {
    "006": "bugsnag.collaborators.get",
    "008": "bugsnag.collaborators.list_on_organization",
    "010": "bugsnag.collaborators.list_on_project",
    "017": "bugsnag.comments.create",
    "018": "bugsnag.comments.create",
    "020": "bugsnag.comments.create",
    "021": "bugsnag.comments.list",
    "022": "bugsnag.comments.create",
    "023": "bugsnag.comments.create",
    "024": "bugsnag.comments.update",
    "025": "bugsnag.organizations.list",
    "026": "bugsnag.organizations.list",
    "027": "bugsnag.projects.list",
    "028": "bugsnag.projects.list",
    "029": "bugsnag.errors.get",
    "030": "bugsnag.errors.list",
    "031": "bugsnag.errors.fix_many",
    "032": "bugsnag.events.list_on_error",
    "033": "bugsnag.events.get",
    "034": "bugsnag.events.list_on_project",
    "035": "bugsnag.events.get_latest",
    "036": "bugsnag.organizations.create",
    "037": "bugsnag.organizations.create",
    "038": "bugsnag.organizations.delete",
    "039": "bugsnag.organizations.create",
    "040": "bugsnag.organizations.get",
    "041": "bugsnag.organizations.create",
    "042": "bugsnag.organizations.update",
    "043": "bugsnag.projects.create",
    "044": "bugsnag.projects.create",
    "046": "bugsnag.projects.create",
    "047": "bugsnag.projects.get",
    "048": "bugsnag.projects.create",
    "050": "bugsnag.projects.create",
    "051": "bugsnag.projects.update",
    "052": "bugsnag.releases.get",
    "055": "bugsnag.releases.list",
    "056": "bugsnag.releases.list",
    "057": "bugsnag.stability_trend.get",
    "058": "bugsnag.trends.get_on_error",
    "059": "bugsnag.trends.get_on_project",
    "060": "bugsnag.trends.get_on_project",
    "061": "bugsnag.trends.get_on_error",
    "062": "bugsnag.organizations.delete",
    "071": "bugsnag.events.get_latest",
    "072": "bugsnag.organizations.get",
    "073": "bugsnag.collaborators.list_on_organization",
    "074": "bugsnag.collaborators.get",
    "076": "bugsnag.projects.list",
    "078": "bugsnag.projects.get",
    "079": "bugsnag.collaborators.list_on_project",
    "080": "bugsnag.errors.list",
    "081": "bugsnag.errors.get",
    "082": "bugsnag.comments.list",
    "083": "bugsnag.events.list_on_error",
    "084": "bugsnag.trends.get_on_error",
    "085": "bugsnag.trends.get_on_error",
    "086": "bugsnag.events.list_on_project",
    "087": "bugsnag.events.get",
    "088": "bugsnag.trends.get_on_project",
    "089": "bugsnag.trends.get_on_project",
    "090": "bugsnag.organizations.list",
    "091": "bugsnag.comments.update",
    "092": "bugsnag.organizations.update",
    "094": "bugsnag.projects.update",
    "095": "bugsnag.errors.fix_many",
    "096": "bugsnag.organizations.create",
    "101": "bugsnag.projects.create",
    "102": "bugsnag.comments.create",
}
REFUSED = {
    "063": ("bugsnag.organizations.delete", Code.NOT_AVAILABLE),
    "077": ("bugsnag.projects.list", Code.NOT_AVAILABLE),
    "097": ("bugsnag.organizations.create", Code.UPSTREAM_REJECTED),
}
"""Recorded refusals, with the code that the agent is told."""
OUTSIDE = {
    "DELETE /organizations/{}/collaborators/{}",
    "DELETE /projects/errors/{}",
    "DELETE /projects/{}",
    "DELETE /projects/{}/api_key",
    "GET /",
    "GET /comments/{}",
    "GET /organizations/{}/collaborators/{}/projects",
    "GET /release_groups/{}/releases",
    "PATCH /organizations/{}/collaborators/{}",
    "POST /organizations/{}/collaborators",
    "POST /organizations/{}/collaborators/bulk_invite",
}
"""What was recorded and is in no operation of the catalogue: people's access, keys, deleting a project, the root."""

BULK = {"031", "095"}
"""The recordings that the catalogue does not send as they were recorded."""

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
TOTALS = {
    "008": 2,
    "010": 2,
    "021": 10,
    "027": 30,
    "028": 30,
    "030": 1,
    "032": 475,
    "034": 475,
    "055": 6,
    "056": 18,
    "073": 5,
    "076": 18,
    "079": 4,
    "080": 1,
    "082": 2,
    "083": 1,
    "086": 1,
}


@pytest.fixture(scope="module")
def recordings(contracts: Path) -> list[Recording]:
    return list(load(contracts))


@pytest.fixture(scope="module")
def covered(recordings: list[Recording]) -> list[Recording]:
    found = [one for one in recordings if one.number in COVERED]
    assert len(found) == len(COVERED) == 69
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


def test_seventy_two_of_the_recordings_have_an_operation_in_the_catalogue(recordings: list[Recording]) -> None:
    found = {one.number: operation.id for one in recordings if (operation := one.operation()) is not None}

    assert len(recordings) == 102
    assert found == COVERED | {number: operation for number, (operation, _) in REFUSED.items()}


def test_the_other_thirty_recordings_are_of_routes_outside_the_catalogue(recordings: list[Recording]) -> None:
    others = [one.route for one in recordings if one.number not in COVERED.keys() | REFUSED.keys()]

    assert len(others) == 30
    assert set(others) == OUTSIDE


async def test_a_recorded_refusal_is_told_in_our_own_words(recordings: list[Recording]) -> None:
    refused = [one for one in recordings if one.number in REFUSED]
    for one in refused:
        with pytest.raises(UpstreamError) as caught:
            await replayed(one)

        assert (caught.value.code, caught.value.status) == (REFUSED[one.number][1], one.status)
        assert not [text for text in one.body.get("errors", []) if text in str(caught.value)]
    assert len(refused) == len(REFUSED)


def test_the_request_built_for_each_recording_has_its_method_path_query_and_body(covered: list[Recording]) -> None:
    for one in covered:
        request = built(one)
        address = urlsplit(request.url)

        assert (request.method, f"{address.scheme}://{address.netloc}", address.path) == (
            one.method,
            BASE_URL,
            one.path,
        )
        if one.number in BULK:
            continue
        assert sorted(parse_qsl(address.query, keep_blank_values=True)) == sorted(one.query)
        # The official client sent an empty object with a DELETE; the vendor's document has no body there.
        assert (json.loads(request.body) if request.body else {}) == one.sent


def test_the_recorded_bulk_changes_differ_by_the_documented_brackets_and_a_field_that_is_no_part_of_them(
    covered: list[Recording],
) -> None:
    # The old client sent a bare error_ids, and a severity with "fix"; the document has error_ids[] (README, row 12).
    bulk = [each for each in covered if each.number in BULK]
    error = PLACEHOLDERS["BUGSNAG_ERROR_ID"]

    assert [(one.query, one.sent) for one in bulk] == [
        ([("error_ids", error)], {"severity": "warn", "operation": "fix"})
    ] * len(BULK)
    assert {(urlsplit(built(one).url).query, built(one).body) for one in bulk} == {
        (f"error_ids%5B%5D={error}", b'{"operation":"fix"}')
    }


async def test_the_recorded_bulk_answers_tell_of_their_error(covered: list[Recording]) -> None:
    told: dict[str, Any] = {
        "assigned_collaborator_id": None,
        "created_issue": {},
        "reopen_rules": None,
        "status": "fixed",
    }
    pages = [(await replayed(each))[0] for each in covered if each.number in BULK]

    assert [(row.operation, row.told) for page in pages for row in page.rows] == [
        ("fix", {PLACEHOLDERS["BUGSNAG_ERROR_ID"]: told})
    ] * len(BULK)


async def test_the_request_that_leaves_for_each_recording_has_its_method_path_and_query(
    covered: list[Recording],
) -> None:
    for one in covered:
        _, sent = await replayed(one)

        assert (sent.method, sent.url.host, sent.url.path) == (one.method, "api.bugsnag.com", one.path)
        assert one.number in BULK or sorted(sent.url.params.multi_items()) == sorted(one.query)
        assert sent.headers["authorization"] == f"token {TOKEN}"
        assert sent.headers["x-version"] == "2"


async def test_each_recorded_answer_decodes_to_every_field_that_it_holds(covered: list[Recording]) -> None:
    rows = 0
    for one in covered:
        page, _ = await replayed(one)

        assert dumped(page, expected(one.body)) == expected(one.body), one.number
        rows += len(page.rows)

    assert rows == 314


async def test_no_recorded_secret_is_left_after_decoding(covered: list[Recording]) -> None:
    hidden = 0
    for one in covered:
        page, _ = await replayed(one)
        given = json.dumps(one.body)
        shown = json.dumps(dump(page.rows))
        people = [row.get("collaborator", row) for row in rows_of(one.body)]
        keys = {row[name] for row in people for name in ("api_key", "password_updated_on") if row.get(name)}

        assert not [key for key in keys if key in shown]
        assert all(key in given for key in keys)
        hidden += len(keys)

    assert hidden > 0


async def test_the_recorded_next_link_and_total_are_read(covered: list[Recording]) -> None:
    pages = {one.number: (await replayed(one))[0] for one in covered}

    assert {number: page.next_mark for number, page in pages.items() if page.next_mark is not None} == NEXT
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
        following = encode(operation, one.params(), CONNECTION, mark=page.next_mark)

        assert f'<{following.url}>; rel="next"' == link
        followed += 1

    assert followed == len(NEXT)


def test_the_placeholders_of_a_recording_go_there_and_back(contracts: Path, covered: list[Recording]) -> None:
    for one in covered:
        (path,) = (path for path in paths(contracts) if path.name.startswith(one.number))
        recorded = json.loads(path.read_text(encoding="utf-8"))

        assert placeholders(built(one).url).partition("?")[0] == recorded["request"]["url"].partition("?")[0]
        assert json.loads(placeholders(json.dumps(one.body))) == recorded["response"]["body"]
