"""Any text as any id gives an error, or exactly one path segment on the right host (THREATS row 13)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from crashgate.errors import InvalidArgumentsError
from crashgate.model.operation import AnyOperation
from crashgate.model.params import In, Params
from crashgate.model.provider import Connection
from crashgate.upstream.codec import encode
from crashgate.upstream.request import LONGEST_SEGMENT, expand
from tests.catalogue import OPERATIONS, PROVIDERS
from tests.upstream.exchanges import stamp_for

BASES = ("https://api.bugsnag.com", "https://bugsnag.example.com:8443/data-access/v2", "http://[::1]:4000")
ID = "5f1a0c3d9e8b7a6655443322"
TEMPLATE = "/projects/{project_id}/errors/{error_id}"
ROW_13 = (
    "",
    ".",
    "..",
    "...",
    "%2e%2e",
    "%2E%2E%2F",
    "..%2f",
    "..%252f",
    "a/../b",
    "../../user/organizations",
    "/",
    "//evil.example",
    "\\",
    "..\\..",
    ";x=1",
    "..;/",
    "?",
    "?per_page=1",
    "#",
    "#fragment",
    "@evil.example",
    ":80",
    "\x00",
    f"{ID}\x00",
    "\r\nHost: evil.example",
    "\t",
    " ",
    "\uff05\uff12\uff45\uff05\uff12\uff45",
    "\uff0e\uff0e",
    "\u3002\u3002",
    "\uff0f",
    "\u2215",
    "\u202e",
    "\ud800",
    "{error_id}",
    "%",
    "%zz",
    "é",
    "a" * 10_000,
    "../" * 3_000,
    "5F1A0C3D9E8B7A6655443322",
    f" {ID}",
    f"{ID}\n",
    ID,
    "checkout-ios",
)
"""The list of the threat, and what else has led out of a segment somewhere."""


def row_13(test: Callable[..., None]) -> Callable[..., None]:
    """Each text of the list as an explicit example beside the drawn ones."""
    for text in ROW_13:
        test = example(text=text)(test)
    return test


ANY_TEXT = st.text() | st.text(alphabet="./\\%2eEfF;?#@:& \x00\u202e\uff0e\uff0f", max_size=30)

TAKING = [
    (operation, field.name)
    for operation in OPERATIONS
    for field in operation.fields
    if field.travels is In.PATH and operation.path is not None
]


RIGHT: dict[str, dict[str, Any]] = {
    "bugsnag.errors.snooze": {"reopen_rules": {"reopen_if": "occurs_after", "seconds": 60}},
    "bugsnag.errors.assign": {"assigned_team_id": ID},
    "bugsnag.errors.override_severity": {"severity": "info"},
    "bugsnag.errors.link_issue": {"issue_url": "https://example.com/7"},
    "bugsnag.span_groups.get": {"span_group_id": "1.app_start.AppStart/Cold"},
    "bugsnag.span_groups.get_timeline": {"span_group_id": "1.app_start.AppStart/Cold"},
    "bugsnag.span_groups.get_distribution": {"span_group_id": "1.app_start.AppStart/Cold"},
    "bugsnag.spans.list_on_group": {"span_group_id": "1.app_start.AppStart/Cold"},
    "bugsnag.spans.list_on_trace": {"since": "2026-11-20T15:00:00Z", "until": "2026-11-20T15:30:00Z"},
    "bugsnag.span_groups.replace_network_grouping": {"endpoints": ["*/users/{id}"]},
    "bugsnag.projects.create": {"type": "rails"},
    "bugsnag.projects.update": {"name": "Checkout"},
    "bugsnag.release_groups.update": {"visible": True},
    "bugsnag.saved_searches.create": {"filters": {"error.status": "open"}, "project_default": False},
    "bugsnag-sessions.sessions.report": {
        "sent_at": "2026-11-20T15:30:00Z",
        "app": {"version": "4.18.0"},
        "device": {},
        "session_counts": [{"startedAt": "2026-11-20T15:29:00Z", "sessionsStarted": 3}],
    },
    "devrev.sessions.list": {"platform": "ios"},
    "devrev.sessions.get": {"platform": "ios"},
    "devrev.sessions.export": {"platform": "ios"},
    "devrev.session_data.get": {"platform": "ios", "recording_id": ID},
    "devrev.developer_info.get": {"platform": "web"},
}
"""What an operation takes beside ids; for several errors the same as for one."""


def some_params(operation: AnyOperation, **changes: Any) -> Params:  # noqa: ANN401 - any parameter
    """Good parameters for an operation, but for the changes."""
    given: dict[str, Any] = {
        field.name: ID for field in operation.fields if operation.params.model_fields[field.name].is_required()
    }
    deed = operation.id.removesuffix("_many")
    several = {"error_ids": [ID]} if deed != operation.id else {}
    found: Params = operation.params.model_validate({**given, **several, **RIGHT.get(deed, {}), **changes})
    return found


def connection(base: str) -> Connection:
    return Connection(name="bugsnag", provider=PROVIDERS["bugsnag"], base_url=base, credential=SecretStr("token"))


def assert_one_segment_each(url: str, base: str, template: str) -> None:
    """Two readers of addresses agree: the host is ours, and each placeholder is one segment that leads nowhere."""
    ours, shape = urlsplit(base), template.split("/")
    by_urllib, by_httpx = urlsplit(url), httpx2.URL(url)
    assert (by_urllib.scheme, by_urllib.netloc, by_urllib.fragment) == (ours.scheme, ours.netloc, "")
    assert (by_httpx.scheme, by_httpx.netloc.decode(), by_httpx.fragment) == (ours.scheme, ours.netloc, "")
    assert (by_httpx.userinfo, by_urllib.username) == (b"", None)
    for path in (by_urllib.path, by_httpx.raw_path.decode().partition("?")[0]):
        assert path.startswith(f"{ours.path}/")
        segments = path.removeprefix(ours.path).split("/")
        assert len(segments) == len(shape)
        for segment, wanted in zip(segments, shape, strict=True):
            if wanted.startswith("{"):
                assert segment not in {"", ".", ".."}
                assert not set(segment) & set("?#\\;@: \t\r\n")
            else:
                assert segment == wanted


@pytest.mark.ablation("a value is percent-encoded in a path")
@pytest.mark.threats(13)
@row_13
@given(text=ANY_TEXT)
def test_any_text_as_any_id_of_any_operation_is_refused_or_stays_in_its_segment(text: str) -> None:
    for operation, name in TAKING:
        for base in BASES:
            try:
                request = encode(operation, some_params(operation, **{name: text}), connection(base))
            except (ValidationError, InvalidArgumentsError):
                continue
            assert operation.path is not None
            assert_one_segment_each(request.url, base, operation.path)


@pytest.mark.threats(13)
@row_13
@given(text=ANY_TEXT)
def test_any_text_at_all_is_refused_or_stays_in_its_segment_even_if_a_type_were_too_wide(text: str) -> None:
    for values in ({"project_id": text, "error_id": ID}, {"project_id": ID, "error_id": text}):
        try:
            path = expand(TEMPLATE, values)
        except InvalidArgumentsError:
            continue
        for base in BASES:
            assert_one_segment_each(f"{base}{path}", base, TEMPLATE)
        read = [unquote(segment) for segment in path.split("/")]
        assert read == ["", "projects", values["project_id"], "errors", values["error_id"]]


@pytest.mark.ablation("no dots stand in a path", "a segment has a longest length", "half a character is in no path")
@pytest.mark.threats(13)
@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "\ud800", "a" * (LONGEST_SEGMENT + 1)],
    ids=["empty", "dot", "dots", "surrogate", "long"],
)
def test_what_no_segment_can_carry_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        expand("/projects/{project_id}", {"project_id": text})

    assert str(caught.value) == "project_id cannot be part of an address. Give the id as it was listed."


@pytest.mark.threats(13)
def test_an_empty_error_id_cannot_turn_the_delete_of_one_error_into_the_delete_of_all() -> None:
    with pytest.raises(InvalidArgumentsError):
        expand(TEMPLATE, {"project_id": ID, "error_id": ""})


def test_a_plain_id_stands_in_the_path_as_it_is() -> None:
    assert expand(TEMPLATE, {"project_id": "checkout-ios", "error_id": ID}) == f"/projects/checkout-ios/errors/{ID}"


def test_every_operation_with_an_id_is_tried() -> None:
    tried = {operation.id for operation, _ in TAKING}
    elsewhere = {"crashgate", "bugspulse", "devrev"}  # no ids in their paths, or no paths

    assert {one.id for one in OPERATIONS if one.provider not in elsewhere} - tried == {
        "bugsnag.organizations.list",
        "bugsnag.organizations.create",
        "bugsnag.saved_searches.create",
        "bugsnag-sessions.sessions.report",
        "browserstack.sessions.list",
        "browserstack.sessions.create",
        "browserstack.sessions.export",
    }
    assert {operation.provider for operation, _ in TAKING}.isdisjoint(elsewhere)
    assert len(TAKING) == 102


JSON_VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)


@pytest.mark.threats(13, 15)
@given(data=st.data())
def test_no_arguments_whatever_lead_to_another_host_or_another_path(data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([one for one in OPERATIONS if one.path is not None]))
    arguments = data.draw(
        st.fixed_dictionaries({}, optional={field.name: JSON_VALUES | st.just(ID) for field in operation.fields})
    )
    try:
        params = operation.params.model_validate({**some_params(operation).model_dump(exclude_unset=True), **arguments})
        request = encode(operation, params, connection(BASES[1]), stamp=stamp_for(operation))
    except (ValidationError, InvalidArgumentsError):
        return
    assert operation.path is not None
    assert_one_segment_each(request.url, BASES[1], operation.path)


@pytest.mark.ablation("a path is what it reads as")
@pytest.mark.threats(13)
def test_a_template_that_is_more_than_a_path_makes_no_address() -> None:
    with pytest.raises(InvalidArgumentsError):
        expand("/projects?all={project_id}", {"project_id": ID})
