"""Opaque cursors: good for one agent, call and policy, for an hour (THREATS rows 3, 15 and 31)."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.errors import Code, InvalidArgumentsError
from crashgate.policy.policy import PolicySet
from crashgate.tools.cursors import LIFETIME_SECONDS, Cursors
from tests.gate.gate import AGENT, IOS, Gate, ok, open_gate, policy
from tests.held_clock import HeldClock
from tests.house import OPERATOR, open_house

GRANTS = '[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\naccess.error = "read"\naccess.release = "read"\n'
BOUND = (AGENT, "hash", "list_errors", "bugsnag", {"project_id": IOS.id})
NEXT = f"<https://api.bugsnag.com/projects/{IOS.id}/errors?offset=30&per_page=30>"


def sealed(query: str = "offset=30") -> tuple[Cursors, str]:
    cursors = Cursors(HeldClock())
    return cursors, cursors.seal(query, bound_to=BOUND)


@given(st.text(st.characters(codec="ascii"), max_size=200), st.text(max_size=40), st.integers(1, 60))
def test_what_is_sealed_is_opened_whole(query: str, argument: str, times: int) -> None:
    cursors, bound = Cursors(HeldClock()), (*BOUND, {"q": argument})

    assert cursors.open(cursors.seal(query * times, bound_to=bound), bound_to=bound) == query * times


@pytest.mark.ablation("a cursor is opened whole or not at all")
def test_a_query_is_opened_whole_or_not_at_all() -> None:
    # Guards: unpacker.eof; half a query would be a page of something that nobody asked for.
    cursors, unlike = Cursors(HeldClock()), "".join(sha256(bytes([number])).hexdigest() for number in range(240))

    for query in (unlike[:12_000], "x" * 16_000):
        assert cursors.open(cursors.seal(query, bound_to=BOUND), bound_to=BOUND) == query
    for query in (unlike[:15_000] + "x" * 5_000, "x" * 16_001):
        with pytest.raises(InvalidArgumentsError):
            cursors.open(cursors.seal(query, bound_to=BOUND), bound_to=BOUND)


@pytest.mark.threats(3)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_cursor_with_a_changed_byte_is_not_good(position: int, change: int) -> None:
    # Guards: that the cursor is sealed and not only encoded.
    cursors, cursor = sealed()
    content = bytearray(base64.urlsafe_b64decode(cursor + "=="))
    content[position % len(content)] ^= change
    forged = base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    with pytest.raises(InvalidArgumentsError, match="cursor is not valid"):
        cursors.open(forged, bound_to=BOUND)


@pytest.mark.threats(3)
@given(st.text(max_size=200))
def test_no_text_is_a_cursor(text: str) -> None:
    cursors, _ = sealed()

    with pytest.raises(InvalidArgumentsError):
        cursors.open(text, bound_to=BOUND)


@pytest.mark.ablation("a cursor is of its call")
@pytest.mark.threats(3)
@pytest.mark.parametrize("part", range(len(BOUND)))
def test_each_part_that_a_cursor_is_bound_to_counts(part: int) -> None:
    cursors, cursor = sealed()
    other: list[object] = list(BOUND)
    other[part] = "another"

    with pytest.raises(InvalidArgumentsError):
        cursors.open(cursor, bound_to=other)


@pytest.mark.ablation("a cursor ends after an hour")
def test_a_cursor_ends_after_an_hour_and_not_before() -> None:
    clock = HeldClock()
    cursors = Cursors(clock)
    cursor = cursors.seal("offset=30", bound_to=BOUND)
    clock.passed = LIFETIME_SECONDS

    assert cursors.open(cursor, bound_to=BOUND) == "offset=30"
    clock.passed += 1
    with pytest.raises(InvalidArgumentsError, match="older than an hour"):
        cursors.open(cursor, bound_to=BOUND)


def test_a_cursor_of_another_process_is_not_good() -> None:
    _, cursor = sealed()

    with pytest.raises(InvalidArgumentsError):
        Cursors(HeldClock()).open(cursor, bound_to=BOUND)


def test_a_cursor_shows_nothing_of_what_is_in_it() -> None:
    cursors = Cursors(HeldClock())
    one, two = (cursors.seal("offset=30", bound_to=BOUND) for _ in range(2))

    assert one != two
    assert b"offset" not in base64.urlsafe_b64decode(one + "==")


async def _paged() -> tuple[Gate, str]:
    """A gate with two agents before a list with a second page, and the first agent's cursor for it."""
    mine = policy(GRANTS)
    # No two documents have one hash; here they do, so that the agent's name alone tells the two apart.
    gate = open_gate(mine, replace(policy(GRANTS, agent="other"), hash=mine.hash))
    from crashgate.model.message import Response  # noqa: PLC0415 - only here an answer is made by hand

    answer = ok([])
    gate.upstream.answers[f"/projects/{IOS.id}/errors"] = lambda _: Response(
        status=200, headers={}, body=answer.body, links={"next": NEXT.strip("<>")}
    )
    first = await gate.call("list_errors", {"project_id": IOS.id})
    return gate, first.content["next_cursor"]


async def test_the_next_page_is_asked_with_the_query_in_the_cursor() -> None:
    gate, cursor = await _paged()
    await gate.call("list_errors", {"project_id": IOS.id, "cursor": cursor})

    assert gate.upstream.lines[-1] == f"GET /projects/{IOS.id}/errors?offset=30&per_page=30"


@pytest.mark.ablation("a digest covers the page")
async def test_the_record_of_a_later_page_says_so_and_its_digest_tells_which_page_it_was() -> None:
    # Guards: Case.asked and Ask.continued; without them the records of all pages were the same.
    gate, cursor = await _paged()
    for more in ({"cursor": cursor}, {"cursor": cursor}, {}):
        await gate.call("list_errors", {"project_id": IOS.id, **more})
    first, second, again, anew = [record for record in gate.log.decisions if record.parent is None]

    assert [record.continued for record in (first, second, again, anew)] == [False, True, True, False]
    assert (first.arguments_digest, second.arguments_digest) == (anew.arguments_digest, again.arguments_digest)
    assert first.arguments_digest != second.arguments_digest
    assert "errors in checkout-ios (bugsnag), continued: allowed" in second.sentence


@pytest.mark.threats(3, 15, 31)
@pytest.mark.parametrize("change", ["agent", "arguments", "tool", "policy", "time", "bytes"])
async def test_a_cursor_that_is_not_for_this_call_is_told_and_nothing_is_sent(change: str) -> None:
    # Guards: what the toolbox binds a cursor to, each part by itself.
    gate, cursor = await _paged()
    arguments: dict[str, Any] = {"project_id": IOS.id, "cursor": cursor}
    tool, agent = "list_errors", AGENT
    match change:
        case "agent":
            agent = "other"
        case "arguments":
            arguments["sort"] = "users"
        case "tool":
            tool = "list_releases"
        case "policy":
            gate.policies.policies = PolicySet([policy(GRANTS + "# changed")])
        case "time":
            gate.clock.passed = LIFETIME_SECONDS + 1
        case _:
            arguments["cursor"] = cursor[:-8] + "AAAAAAAA"
    sent = len(gate.upstream.received)
    answer = await gate.call(tool, arguments, agent=agent)

    assert answer.error is Code.INVALID_ARGUMENTS
    assert answer.text.startswith("cursor is not valid for this call.")
    assert "Call again without cursor" in answer.text
    assert len(gate.upstream.received) == sent
    assert (gate.log.decisions[-1].reason, gate.log.decisions[-1].project) == ("invalid_arguments", IOS.id)


@pytest.mark.threats(31)
async def test_a_cursor_ends_with_the_grant() -> None:
    gate, cursor = await _paged()
    gate.policies.policies = PolicySet([policy("")])

    assert (await gate.call("list_errors", {"project_id": IOS.id, "cursor": cursor})).error is Code.NOT_AVAILABLE


@pytest.mark.parametrize("cursor", [7, ["x"], {}, True, "x" * 100_000])
async def test_a_cursor_of_another_type_is_told(cursor: object) -> None:
    gate, _ = await _paged()

    assert (await gate.call("list_errors", {"project_id": IOS.id, "cursor": cursor})).error is Code.INVALID_ARGUMENTS


async def test_a_tool_without_pages_takes_no_cursor() -> None:
    gate, cursor = await _paged()
    answer = await gate.call("get_error", {"project_id": IOS.id, "error_id": IOS.error, "cursor": cursor})

    assert answer.error is Code.INVALID_ARGUMENTS


LISTS: Mapping[str, tuple[str, Mapping[str, Any], str]] = {
    "errors": ("list_errors", {"project_id": "checkout-ios", "per_page": 9}, "errors"),
    "errors by users": ("list_errors", {"project_id": "checkout-ios", "per_page": 30, "sort": "users"}, "errors"),
    "errors unsorted": (
        "list_errors",
        {"project_id": "checkout-ios", "per_page": 20, "sort": "unsorted", "status": "any"},
        "errors",
    ),
    "open errors": (
        "list_errors",
        {"project_id": "checkout-ios", "per_page": 7, "filters": {"error.status": "open"}},
        "errors",
    ),
    "errors with many filters": (
        "list_errors",
        {
            "project_id": "checkout-ios",
            "per_page": 30,
            "filters": {"event.message": [{"type": "ne", "value": f"{number} " + "x" * 180} for number in range(20)]},
        },
        "errors",
    ),
    "releases": ("list_releases", {"project_id": "checkout-ios", "per_page": 5}, "releases"),
    "projects": ("list_projects", {"organization_id": "acme", "per_page": 2}, "projects"),
    "organizations": ("list_organizations", {"per_page": 1}, "organizations"),
}


async def _all(folder: Path, tool: str, arguments: Mapping[str, Any], key: str) -> list[Sequence[Mapping[str, Any]]]:
    pages: list[Sequence[Mapping[str, Any]]] = []
    async with open_house(folder) as house:
        cursor: dict[str, Any] = {}
        while True:
            answer = await house.call(OPERATOR, tool, {**arguments, **cursor})
            assert answer.error is None, answer.text
            pages.append(answer.content[key])
            if "next_cursor" not in answer.content:
                return pages
            cursor = {"cursor": answer.content["next_cursor"]}


@pytest.mark.parametrize("name", LISTS)
async def test_the_pages_together_are_the_whole_list(tmp_path: Path, name: str) -> None:
    tool, arguments, key = LISTS[name]
    pages = await _all(tmp_path / "pages", tool, arguments, key)
    most = {"list_releases": 10}.get(tool, 100)
    whole = await _all(tmp_path / "whole", tool, {**arguments, "per_page": most}, key)

    assert len(pages) > 1
    assert [row["id"] for page in pages for row in page] == [row["id"] for page in whole for row in page]
    assert {len(page) for page in pages[:-1]} == {arguments["per_page"]}


async def test_the_pages_of_an_agents_projects_hold_each_of_them_once(tmp_path: Path) -> None:
    # Rows out of scope are dropped from a page, so pages may be shorter than asked; none is lost.
    found: list[str] = []
    async with open_house(tmp_path) as house:
        cursor: dict[str, Any] = {}
        while True:
            answer = await house.call(
                "triage-agent", "list_projects", {"organization_id": "acme", "per_page": 1, **cursor}
            )
            found += [row["slug"] for row in answer.content["projects"]]
            assert "total" not in answer.content
            if "next_cursor" not in answer.content:
                break
            cursor = {"cursor": answer.content["next_cursor"]}

    assert sorted(found) == ["checkout-android", "checkout-ios"]
