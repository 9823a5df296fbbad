"""A caller's arguments: read by the operation's type, and told what is wrong without a word of theirs (rows 13, 15)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.errors import InvalidArgumentsError
from crashgate.gate.arguments import read
from crashgate.providers.browserstack.sessions import ListSessions
from crashgate.providers.bugsnag.errors import ListErrors
from tests.catalogue import BY_ID, OPERATIONS
from tests.gate.gate import IOS, open_gate, policy
from tests.tools.asks import ASKS
from tests.tools.test_untrusted import EVERYTHING

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
_names = sorted({name for operation in OPERATIONS for name in operation.params.model_fields})


@pytest.mark.threats(13, 15, 16, 33)
@given(st.sampled_from(sorted(BY_ID)), st.dictionaries(st.sampled_from(_names) | st.text(max_size=8), _json))
def test_any_arguments_are_read_or_refused_with_words_of_ours(operation: str, arguments: Mapping[str, Any]) -> None:
    # Guards: that no text of the caller is repeated, whatever rule it breaks.
    marked = {name: f"\x1bMARK{value}" if isinstance(value, str) else value for name, value in arguments.items()}
    told, known = "", set[str]()
    try:
        read(BY_ID[operation].params, marked)
        known = {field.name for field in BY_ID[operation].fields}
    except InvalidArgumentsError as problem:
        told = str(problem)

    assert told.isprintable()
    assert "MARK" not in told
    assert told.endswith("Nothing was sent. Fix it and try again.") if told else set(marked) <= known


@pytest.mark.parametrize(
    ("environments", "told"),
    [
        ([], "environment must have at least 1 item."),
        (["Not a name"], "environment must be a name of a-z, 0-9, hyphens and underscores, e.g. production."),
    ],
)
def test_a_list_is_told_what_is_wrong_with_it_once(environments: list[str], told: str) -> None:
    # Guards: arguments._causes; a list with a bad item counts as one item shorter.
    with pytest.raises(InvalidArgumentsError) as error:
        read(ListSessions, {"environment": environments})

    assert error.value.what == told


FULLWIDTH = "\uff05\uff12\uff45"
"""What looks like a percent sign, a 2 and an e."""

ACROSS_PROJECTS = {"list_errors", "whats_new"}

ODD_IDS = (
    "..", ".", "", "%2e%2e", "..%2f", "a/../b", "\\", "a;x=1", "?", "#", "a\x00b", FULLWIDTH, "a" * 10_000,
    "5f1a0c3d9e8b7a6655443322/..", "5F1A0C3D9E8B7A6655443322", "5f1a0c3d9e8b7a6655443322\n",
    " 5f1a0c3d9e8b7a6655443322",
)  # fmt: skip


@pytest.mark.threats(13)
@pytest.mark.parametrize("tool", [tool for tool, ask in ASKS.items() if "project_id" in ask(IOS)])
async def test_an_odd_id_in_any_place_of_any_tool_sends_nothing(tool: str) -> None:
    # Guards: the patterns of the ids. An empty error id would turn "delete this error" into "delete all errors".
    gate = open_gate(policy(EVERYTHING))
    right = ASKS[tool](IOS)
    for name in right:
        if not name.endswith("_id") or name == "event_field_display_id":  # a dotted name, tried in tests/upstream
            continue
        for odd in ODD_IDS:
            if odd == "" and name == "project_id" and tool in ACROSS_PROJECTS:  # empty is not given: all projects
                continue
            answer = await gate.call(tool, {**right, name: odd})
            assert answer.error is not None, (name, odd)

    # A release may be named by its version, which is looked for among the project's releases.
    known = {f"/projects/{IOS.id}", f"/projects/{IOS.id}/releases"} if tool == "get_release" else set[str]()
    assert {urlsplit(each.url).path for each in gate.upstream.received} <= known


@pytest.mark.ablation("wrong arguments are recorded", "wrong arguments are told and nothing is sent")
@pytest.mark.threats(15)
@pytest.mark.parametrize(
    "extra",
    [
        {"surprise": 1},
        {"api_base": "https://evil.invalid"},
        {"base": "2026-11-20T10:00:00Z"},
        {"full_reports": True},
        {"offset": 30},
        {"admin": True},
        {"project_id": [IOS.id]},
        {"project_id": {"id": IOS.id}},
        {"per_page": [30]},
        {"per_page": "30; drop"},
        {"sort": ["users"]},
        {"PROJECT_ID": "payments-api"},
        {"mark": "offset=1"},
        {"connection": "bugsnag"},
        {"filters": [["error.status", "open"]]},
        {"filters": {"error.status": {"type": "eq"}}},
        {"filters": {"error.status][]": "open"}},
    ],
    ids=str,
)
async def test_an_argument_too_many_or_of_another_shape_sends_nothing(extra: dict[str, object]) -> None:
    # Guards: extra="forbid", the types, and the parameters that a tool hides.
    gate = open_gate(policy(EVERYTHING))
    answer = await gate.call("list_errors", {"project_id": IOS.id, **extra})

    assert answer.error is not None
    assert answer.error.value == "invalid_arguments"
    assert gate.upstream.received == []
    assert [each.reason for each in gate.log.decisions] == ["invalid_arguments"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "project_id is required"),
        ({"project_id": "A B"}, "project_id must be an id of 24 hexadecimal digits or a slug, e.g. checkout-ios"),
        ({"project_id": "x", "per_page": 1000}, "per_page must be at most 100"),
        ({"project_id": "x", "sort": "size"}, "sort must be one of"),
        (
            {"project_id": "x", "filters": 3},
            'filters must be an object, e.g. {"error.status": "open", "event.since": "7d"}',
        ),
        ({"project_id": "x", "nope": 3}, "unknown argument nope; this tool takes project_id"),
    ],
)
def test_each_broken_rule_is_told_with_its_parameter(arguments: Mapping[str, Any], told: str) -> None:
    with pytest.raises(InvalidArgumentsError) as problem:
        read(ListErrors, arguments)

    assert told in str(problem.value)


@pytest.mark.ablation("unknown filters are told")
async def test_an_unknown_filter_is_told_with_the_nearest_one_and_only_the_look_up_is_sent() -> None:
    gate = open_gate(policy(EVERYTHING))
    answer = await gate.call("list_errors", {"project_id": IOS.id, "filters": {"error.statuss": "open"}})

    assert answer.text.startswith("filters: 1 field name not known in this project. Did you mean error.status?")
    assert gate.upstream.lines == [f"GET /projects/{IOS.id}", f"GET /projects/{IOS.id}/event_fields"]
