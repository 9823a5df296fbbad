"""Bad arguments for every tool: the parameter is named with its rule and an example, and nothing is sent."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from crashgate.audit.record import Effect
from crashgate.errors import Code
from crashgate.model.params import In
from tests.catalogue import BY_NAME, OPERATIONS
from tests.gate.gate import AGENT, IOS
from tests.tools.asks import OTHER_ASKS, RIGHT
from tests.tools.played import open_to_all

CALLS = list(RIGHT)
SECRET = "sk_live_never_repeat_this"
_IDS = {
    "project_id": "id of 24 hexadecimal digits or a slug, e.g. checkout-ios",
    "organization_id": "id of 24 hexadecimal digits or a slug, e.g. checkout-ios",
}
_OBJECT = "24 hexadecimal digits (0-9, a-f), e.g. 5f1a0c3d9e8b7a6655443322"
_NOWHERE = Path("never-written-to")


def _schema(provider: str, tool: str) -> Mapping[str, Any]:
    opened = open_to_all(provider, _NOWHERE)
    (definition,) = [each for each in opened.toolbox.listed(AGENT) if each.name == tool]
    return definition.input_schema


SCHEMAS = {(provider, tool): _schema(provider, tool) for provider, tool in CALLS}


@pytest.fixture(scope="module", autouse=True)
def nothing_is_written() -> Iterator[None]:
    """Not even the folder for exports."""
    yield
    assert not _NOWHERE.exists()


async def _refused(provider: str, tool: str, arguments: Mapping[str, Any]) -> str:
    """What is told; nothing may be sent, and the record says what the matter was."""
    opened = open_to_all(provider, _NOWHERE)
    answer = await opened.call(tool, arguments)
    assert answer.error is Code.INVALID_ARGUMENTS, (tool, arguments, answer)
    assert answer.content["error"]["code"] == "invalid_arguments"
    assert SECRET not in str(answer.content)
    assert opened.upstream.received == []
    assert [(each.effect, each.reason) for each in opened.log.decisions] == [(Effect.DENY, "invalid_arguments")]
    assert "Nothing was sent" in answer.text
    assert SECRET not in answer.text + opened.log.decisions[0].sentence
    return answer.text


async def _recorded(provider: str, tool: str, arguments: Mapping[str, Any]) -> str:
    """The sentence in the log."""
    opened = open_to_all(provider, _NOWHERE)
    await opened.call(tool, arguments)
    (decision,) = opened.log.decisions
    return decision.sentence


def test_every_tool_is_tried_at_every_provider_that_it_asks() -> None:
    there = {(each.provider, name) for name, tool in BY_NAME.items() for each in tool.operations if name != "my_access"}

    assert set(CALLS) - {("bugsnag", "my_access")} == there


@pytest.mark.parametrize(("provider", "tool"), CALLS)
async def test_every_tool_is_there_with_its_right_arguments(tmp_path: Path, provider: str, tool: str) -> None:
    # Without this the tests below could pass because the arguments were wrong to begin with.
    answer = await open_to_all(provider, tmp_path).call(tool, RIGHT[provider, tool])

    assert answer.error is None, answer


@pytest.mark.threats(15)
@pytest.mark.parametrize(("provider", "tool"), CALLS)
async def test_an_argument_that_the_tool_does_not_take_is_told(provider: str, tool: str) -> None:
    told = await _refused(provider, tool, {**RIGHT[provider, tool], SECRET: SECRET})

    names = ", ".join(SCHEMAS[provider, tool]["properties"]) or "none"
    assert f"unknown argument; this tool takes {names}." in told


@pytest.mark.parametrize(("provider", "tool"), CALLS)
async def test_the_log_names_an_argument_that_is_a_typing_error(provider: str, tool: str) -> None:
    told = await _recorded(provider, tool, {**RIGHT[provider, tool], "projct_id": "x"})

    assert "the argument projct_id is unknown" in told


async def test_an_argument_that_is_upstreams_but_not_offered_is_told_the_same() -> None:
    # Guards: hidden, which names what the tool shows and not what the operation has.
    told = await _refused("bugsnag", "list_errors", {**RIGHT["bugsnag", "list_errors"], "base": SECRET})

    assert told.startswith("unknown argument base; this tool takes project_id, query, status, release, filters, sort")
    assert "direction" not in told
    assert "cursor" in told


async def test_a_part_of_a_session_must_be_named() -> None:
    # Upstream would refuse it without a word that reaches an agent.
    given = {key: value for key, value in RIGHT["devrev", "list_session_events"].items() if key != "recording_id"}
    told = await _refused("devrev", "list_session_events", given)

    assert told.startswith("recording_id is required for a mobile session, or tab_id for a web session.")


REQUIRED = [(*call, name) for call in CALLS for name in SCHEMAS[call].get("required", ())]


@pytest.mark.parametrize(("provider", "tool", "name"), REQUIRED)
async def test_a_missing_argument_is_named(provider: str, tool: str, name: str) -> None:
    given = {key: value for key, value in RIGHT[provider, tool].items() if key != name}
    told = await _refused(provider, tool, given)

    assert name in told
    assert "is required" in told or "must be one of" in told


TYPED = [
    (*call, name)
    for call in CALLS
    for name, schema in SCHEMAS[call]["properties"].items()
    # Where an object or a text is offered, any JSON at all is right.
    if not any(kind["type"] == "object" for kind in schema.get("anyOf", ()))
]


@pytest.mark.parametrize(("provider", "tool", "name"), TYPED)
async def test_an_argument_of_the_wrong_type_is_named(provider: str, tool: str, name: str) -> None:
    schema = SCHEMAS[provider, tool]["properties"][name]
    wrong: object = [[SECRET]] if "object" in schema.get("type", "") else {SECRET: SECRET}
    given = {**_with(provider, tool, name), name: wrong}

    assert name in await _refused(provider, tool, given)
    assert name in await _recorded(provider, tool, given)


def _with(provider: str, tool: str, name: str) -> dict[str, Any]:
    """The right arguments, with the operation to which the argument belongs."""
    other = tool in OTHER_ASKS and name in {"q", "organization_id"}
    given = dict(OTHER_ASKS[tool](IOS) if other else RIGHT[provider, tool])
    owners = {
        "reopen_rules": "snooze",
        "severity": "override_severity",
        "issue_url": "link_issue",
        "issue_title": "create_issue",
        "assigned_collaborator_id": "assign",
        "assigned_team_id": "assign",
    }
    if name in owners and "operation" in given:
        given["operation"] = owners[name]
    return given


OURS = ("bugsnag", "bugsnag-sessions")
"""BugSnag's ids are all of one form; what others call an id is mostly any text."""

SHAPED = [
    (*call, name)
    for *call, name in TYPED
    if call[0] in OURS
    and name.endswith("_id")
    and name not in {"event_field_display_id", "span_group_id", "trace_id"}
    and name not in {"assigned_collaborator_id", "release_id"}  # take names too: test_names.py
]


@pytest.mark.parametrize("bad", ["../x", "A" * 24, "a/b", "x" * 500, "%2e%2e"])
@pytest.mark.parametrize(("provider", "tool", "name"), SHAPED)
async def test_a_malformed_id_is_told_with_an_example(provider: str, tool: str, name: str, bad: str) -> None:
    told = await _refused(provider, tool, {**_with(provider, tool, name), name: bad})

    assert name in told
    assert _IDS.get(name, _OBJECT) in told or (name in _IDS and len(bad) > 100)
    assert len(bad) < 3 or bad not in told


BAD: Mapping[str, tuple[object, ...]] = {
    "session_id": ("x" * 201, "a\nb", "a\x1bb", "a\u2028b"),
    "recording_id": ("x" * 201, "a\nb"),
    "tab_id": ("x" * 201, "a\nb"),
    "app_id": ("", "x" * 201, "../x", "a b", ".hidden"),
    "platform": ("", "iOS", "windows", "*"),
    "environment": ("Production", "a b", "x" * 41, "*", ["production", "*"], []),
    "since": ("last summer", "2026-13-01", "2025-03-04T05:06:07", "2025-03-04T05:06:07+25:00", "20261120"),
    "until": ("tomorrow", "2026-02-30", "2025-03-04 05:06:07Z"),
    "per_page": (0, -1, 10_001, 2.5, "all"),
    "sort_by": (["a b"], [""], []),
    "app_version": (["x" * 201], [""]),
    "format": ("xlsx", "CSV", "../csv"),
    "resume": ("x", "../../etc", "0" * 15, "A" * 24),
    "name": ("", "x" * 1_001),
    "tags": ([""], ["x" * 201], ["x"] * 51),
    "detail": ("most",),
    "cursor": ("x", "AAAA"),
}
"""Values of the right type and the wrong form."""

MALFORMED = [(*call, name, bad) for *call, name in TYPED if call[0] not in OURS for bad in BAD.get(name, ())]


@pytest.mark.threats(13)
@pytest.mark.parametrize(("provider", "tool", "name", "bad"), MALFORMED)
async def test_a_value_of_the_wrong_form_is_named_and_nothing_is_sent(
    provider: str, tool: str, name: str, bad: object
) -> None:
    told = await _refused(provider, tool, {**_with(provider, tool, name), name: bad})

    assert name in told
    assert not isinstance(bad, str) or len(bad) < 5 or bad not in told


def test_every_text_that_goes_into_an_address_has_bad_values_here() -> None:
    # Without this a new parameter could travel in a path with no form at all.
    travelling = {
        field.name
        for operation in OPERATIONS
        if operation.provider not in {*OURS, "crashgate"}
        for field in operation.fields
        if field.travels in {In.PATH, In.QUERY}
    }

    assert travelling <= set(BAD)
