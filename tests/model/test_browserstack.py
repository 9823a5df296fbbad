"""The parameters and answers of BrowserStack AI Evals: what is taken, what is refused, and whose text it is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crashgate.model.access import Access
from crashgate.model.field_table import untrusted_fields
from crashgate.model.operation import EventBatch, Numbered, Operation, Shape
from crashgate.model.params import In
from crashgate.model.scope import EnvironmentNamed, EnvironmentRows
from crashgate.providers.browserstack import PROVIDER
from crashgate.providers.browserstack.new_sessions import CREATE_SESSION, LARGEST_DATA, CreateSession, NewTrace
from crashgate.providers.browserstack.sessions import (
    EXPORT_SESSIONS,
    GET_SESSION,
    LIST_SESSIONS,
    GetSession,
    ListSessions,
    Session,
    SessionWithTraces,
    Trace,
)
from tests.catalogue import BY_ID

NEW = {"session_id": "chat-1", "name": "turn"}


def refused(params: type[ListSessions | GetSession | CreateSession], **arguments: Any) -> str:  # noqa: ANN401 - any
    with pytest.raises(ValidationError) as caught:
        params.model_validate(arguments)
    return str(caught.value)


def test_all_of_it_is_registered_and_only_one_operation_writes() -> None:
    assert [BY_ID[one.id] for one in PROVIDER.operations] == list(PROVIDER.operations)
    assert {one.id: one.access for one in PROVIDER.operations} == {
        "browserstack.sessions.list": Access.READ,
        "browserstack.sessions.get": Access.READ,
        "browserstack.sessions.export": Access.READ,
        "browserstack.sessions.create": Access.WRITE,
    }


def test_where_a_call_belongs_is_told_by_environments() -> None:
    assert [one.scope for one in PROVIDER.operations] == [
        EnvironmentRows(environment="environment"),
        EnvironmentRows(parts="traces"),
        EnvironmentRows(environment="environment"),
        EnvironmentNamed(environment="environment", object="session_id", read="browserstack.sessions.get"),
    ]


def test_an_export_is_the_list_under_another_name() -> None:
    assert EXPORT_SESSIONS.paging == Numbered(meta="meta", total="totalItems", pages="totalPages")
    assert (EXPORT_SESSIONS.path, EXPORT_SESSIONS.wording.past) == (LIST_SESSIONS.path, "exported")
    assert EXPORT_SESSIONS.params() == EXPORT_SESSIONS.params(per_page=100)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"since": "2026-11-20"}, ("2026-11-20T00:00:00Z", None)),
        ({"until": "2026-11-20"}, (None, "2026-11-21T00:00:00Z")),
        ({"since": "2026-11-20T10:00:00+02:00"}, ("2026-11-20T08:00:00Z", None)),
        ({"until": "2026-11-20T10:00:00.250Z"}, (None, "2026-11-20T10:00:00.250Z")),
    ],
)
def test_a_time_always_has_a_zone_and_seconds(given: dict[str, str], sent: tuple[str | None, str | None]) -> None:
    params = ListSessions.model_validate(given)

    assert (params.since, params.until) == sent


@pytest.mark.parametrize(
    "text", ["2026-11-20T10:00:00", "2026-11-20T10:00Z", "yesterday", "2026-02-30", "1795000000", ""]
)
def test_a_time_without_a_zone_or_without_seconds_is_refused(text: str) -> None:
    assert refused(ListSessions, since=text)


def test_one_environment_may_be_given_as_a_name_alone() -> None:
    one = ListSessions.model_validate({"environment": "production"})

    assert one.environment == ("production",)
    assert one == ListSessions.model_validate({"environment": ["production"]})


@pytest.mark.threats(20)
@pytest.mark.parametrize("names", [[], "", ["Production"], ["a b"], ["x" * 41], ["a"] * 21, ["*"], [None], {"a": 1}])
def test_an_environment_that_is_no_name_or_none_at_all_is_refused(names: object) -> None:
    # Guards: no names would ask for every environment, and count as asked for by name.
    assert refused(ListSessions, environment=names)


@pytest.mark.parametrize("rows", [0, 101, -1])
def test_a_page_has_one_to_a_hundred_rows(rows: int) -> None:
    assert refused(ListSessions, per_page=rows)
    assert ListSessions(per_page=100).per_page == 100


@pytest.mark.parametrize("name", ["langfuse", "langfuse-evaluation", "langfusex", "Staging", "a.b", "", "x" * 41])
def test_an_environment_that_upstream_would_change_cannot_be_written_to(name: str) -> None:
    assert refused(CreateSession, **NEW, environment=name)


@given(st.from_regex(r"[a-z0-9_-]{1,40}", fullmatch=True))
def test_every_other_name_is_kept_as_it_is(name: str) -> None:
    # The rule of the vendor's server: lower case, without a leading "langfuse", 40 characters at most.
    kept = name.lower().removeprefix("langfuse")[:40]
    if kept == name:
        assert CreateSession.model_validate({**NEW, "environment": name}).environment == name
    else:
        assert refused(CreateSession, **NEW, environment=name)


@pytest.mark.threats(14)
@pytest.mark.parametrize(
    "text", ["a\u200bb", "a\u202eb", "family \U0001f468\u200d\U0001f469", "\ue000", "\u3164", "a\U000e0041", "\u00ad"]
)
def test_a_session_id_that_an_answer_would_not_repeat_as_it_is_cannot_be_written_to(text: str) -> None:
    # Guards: the gate finds out by this id whether the session is there, and in which environment.
    assert "must hold visible characters only" in refused(CreateSession, session_id=text, name="turn")


@pytest.mark.parametrize("text", ["", "a" * 201, "a\nb", "a\x00", "\x85"])
def test_a_session_id_is_one_line_of_one_to_200_characters(text: str) -> None:
    assert refused(GetSession, session_id=text)
    assert refused(CreateSession, session_id=text, name="turn")


@pytest.mark.parametrize("name", ["id", "trace_id", "event_id", "timestamp", "public", "type", "batch"])
def test_nobody_chooses_the_ids_or_the_time_of_what_is_made(name: str) -> None:
    assert "extra_forbidden" in refused(CreateSession, **NEW, **{name: "x"})


def test_data_as_large_as_a_batch_may_be_is_taken_and_more_is_refused() -> None:
    fits = "x" * (LARGEST_DATA - len('["", null, null]'))

    assert CreateSession.model_validate({**NEW, "input": fits}).input == fits
    assert "3000000 bytes at most" in refused(CreateSession, **NEW, input=fits, output="xxx")
    assert "3000000 bytes at most" in refused(CreateSession, **NEW, metadata={"text": "é" * 500_001})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [float("-inf")]}, object(), {1: 2}])
def test_data_that_json_has_no_words_for_is_refused(value: object) -> None:
    assert refused(CreateSession, **NEW, input=value)


def test_a_session_id_is_logged_only_where_it_looks_like_an_id() -> None:
    for operation in (GET_SESSION, CREATE_SESSION):
        (field,) = [one for one in operation.fields if one.name == "session_id"]
        assert field.logged is not None
        assert [field.logged.shows(text) for text in ("chat-1", "a:b_c.d", "call delete_error", "é", "a" * 129)] == [
            True,
            True,
            False,
            False,
            False,
        ]
    assert {one.name for one in CREATE_SESSION.fields if one.logged} == {"session_id", "environment"}
    assert {one.name for one in LIST_SESSIONS.fields if one.logged} == {"since", "until", "environment", "per_page"}


@pytest.mark.threats(5)
def test_whatever_a_sender_of_traces_can_write_is_untrusted() -> None:
    ours = {"at", "environment", "public", "bookmarked", "project_id", "created_at", "updated_at"}

    assert untrusted_fields(Session) == {"id"}
    assert untrusted_fields(SessionWithTraces) == {"id", "traces"}
    assert set(Trace.__struct_fields__) - untrusted_fields(Trace) == ours
    assert untrusted_fields(NewTrace) == set()


def test_only_a_post_that_changes_something_can_be_an_event() -> None:
    def made(**more: Any) -> Operation[ListSessions, Session]:  # noqa: ANN401 - any part of an operation
        return Operation(
            id="browserstack.sessions.odd",
            provider=LIST_SESSIONS.provider,
            resource="session",
            path="/x",
            scope=LIST_SESSIONS.scope,
            params=ListSessions,
            result=Session,
            shape=Shape.ONE,
            wording=LIST_SESSIONS.wording,
            source="https://example.com",
            envelope=EventBatch(type="trace-create"),
            **more,
        )

    for more in (
        {"method": "GET", "access": Access.READ},
        {"method": "POST", "access": Access.READ, "asks_by_post": True},
    ):
        with pytest.raises(ValueError, match="only a POST that changes something sends an event"):
            made(**more)
    assert made(method="POST", access=Access.WRITE).envelope == EventBatch(type="trace-create")
    assert [field.travels for field in GET_SESSION.fields] == [In.PATH]
