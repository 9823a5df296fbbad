"""Redaction: what the policy names leaves the gate in no answer, export or record (THREATS rows 20 and 29)."""

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.gate.call import Ask
from crashgate.gate.narrowing import redact
from crashgate.model.result import Page
from crashgate.policy.redaction import Redaction
from crashgate.providers.bugsnag.event import Breadcrumb, Event, Frame, Thrown
from crashgate.providers.bugsnag.events import LIST_PROJECT_EVENTS
from tests.catalogue import RESULT_FIELDS
from tests.gate.gate import ACME, IOS, PAYMENTS, Gate, ok, open_gate, policy, principal
from tests.rows import dump, read_row

MARK = "CANARY"
GRANTS = (
    '[[grant]]\nconnection = "bugsnag"\norganizations = ["*"]\nprojects = ["*"]\n'
    'access.event = "read"\naccess.error = "read"\naccess.project = "read"\naccess.organization = "read"\n'
)
FIELDS = (
    "user.email",
    "request.headers",
    "metaData.*",
    "exceptions.message",
    "exceptions.stacktrace.line_number",
    "breadcrumbs",
    "context",
)
REDACT = f"[redact]\nfields = {json.dumps(FIELDS)}\n"


def gate(redaction: str = REDACT, grants: str = GRANTS) -> Gate:
    return open_gate(policy(grants + redaction))


def _event(**more: object) -> dict[str, Any]:
    return {
        "id": IOS.event,
        "error_id": IOS.error,
        "project_url": f"https://api.bugsnag.com/projects/{IOS.id}",
        "severity": "error",
        **more,
    }


def _answers(opened: Gate, event: dict[str, Any]) -> None:
    opened.upstream.answers[f"/projects/{IOS.id}/events/{IOS.event}"] = lambda _: ok(event)
    opened.upstream.answers[f"/projects/{IOS.id}/events"] = lambda _: ok([event])


EVENT = _event(
    context=MARK,
    user={"id": "7", "email": MARK},
    request={"url": "https://example.com", "headers": {"Cookie": MARK}},
    metaData={MARK: {"deep": MARK}},
    exceptions=[{"errorClass": "Boom", "message": MARK, "stacktrace": [{"file": "a.py", "lineNumber": MARK}]}],
    breadcrumbs=[{"name": MARK}],
)
GONE = [
    "breadcrumbs",
    "context",
    "exceptions.message",
    "exceptions.stacktrace.line_number",
    "metaData.*",
    "request.headers",
    "user.email",
]


@pytest.mark.ablation(
    "what the policy redacts is taken out",
    "a star redacts every name",
    "a name that an outsider wrote is not told",
    "the outcome names what was redacted",
    "an agent is told which fields were redacted",
)
async def test_what_the_policy_names_is_taken_out_and_said_so() -> None:
    # Guards: redact in Gateway._narrowed, Page.redacted to the answer and to the outcome.
    opened = gate()
    _answers(opened, EVENT)
    answer = await opened.call("get_event", {"project_id": IOS.id, "event_id": IOS.event, "detail": "full"})
    told = json.dumps(dict(answer.content))

    assert answer.error is None, answer.text
    assert MARK not in told
    assert all(kept in told for kept in ("Boom", "a.py", "https://example.com"))
    assert answer.content["redacted"] == GONE
    assert list(opened.log.outcomes[-1].redacted) == GONE
    assert "Redacted: breadcrumbs, context, exceptions.message" in opened.log.sentences[-1]
    assert MARK not in repr(opened.log.records)


async def test_an_answer_with_nothing_to_take_out_says_nothing_of_it() -> None:
    opened = gate()
    _answers(opened, _event(user={"id": "7"}, context=None, exceptions=[], breadcrumbs=None))
    answer = await opened.call("get_event", {"project_id": IOS.id, "event_id": IOS.event})

    assert "redacted" not in answer.content
    assert opened.log.outcomes[-1].redacted == ()


@pytest.mark.ablation("a composite tool tells which fields were redacted")
async def test_a_composite_tool_says_what_was_taken_out_of_its_parts() -> None:
    opened = gate()
    opened.upstream.answers[f"/errors/{IOS.error}/latest_event"] = lambda _: ok(EVENT)
    answer = await opened.call("triage_error", {"project_id": IOS.id, "error_id": IOS.error})

    assert answer.content["redacted"] == GONE
    assert MARK not in json.dumps(dict(answer.content))


async def test_pages_of_an_export_are_redacted() -> None:
    # Guards: the same in Gateway._next_of.
    opened = gate()
    _answers(opened, EVENT)
    ask = Ask(
        principal=principal(),
        tool="a_tool",
        operation=LIST_PROJECT_EVENTS,
        connection="bugsnag",
        arguments={"project_id": IOS.id},
    )
    async with opened.gateway.reading(ask) as reading:
        pages = [page async for page in reading.pages(None)]

    assert MARK not in repr(pages)
    assert [list(page.redacted) for page in pages] == [GONE]
    assert list(opened.log.outcomes[-1].redacted) == GONE


@pytest.mark.threats(20)
async def test_what_decides_is_read_before_it_is_redacted() -> None:
    # Guards: that narrow comes before redact, and that look-ups are whole.
    grants = GRANTS.replace('projects = ["*"]', 'projects = ["checkout-ios"]')
    opened = gate('[redact]\nfields = ["project_url", "slug", "organization_id"]\n', grants)
    foreign = _event(project_url=f"https://api.bugsnag.com/projects/{PAYMENTS.id}")
    opened.upstream.answers[f"/projects/{IOS.id}/events"] = lambda _: ok([_event(), foreign])
    events = await opened.call("list_events", {"project_id": "checkout-ios"})
    projects = await opened.call("list_projects", {"organization_id": ACME})

    assert [each["id"] for each in events.content["events"]] == [IOS.event]
    assert opened.log.outcomes[-1].dropped == 2
    assert [each["id"] for each in projects.content["projects"]] == [IOS.id]
    assert all("slug" not in each for each in projects.content["projects"])


NAMES = ("user", "email", "EMAIL", "request", "Headers", "headers", "metaData", "id", "name", "items", "context")
JSON: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([None, True, 7, "plain", [], {}]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=12,
)


def _planted(value: Any, draw: st.DrawFn, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - any JSON
    """``value`` with the canary at ``path``, lists and spellings on the way drawn."""
    if not path:
        return draw(st.sampled_from([MARK, [MARK], {"deep": MARK}, {MARK: [MARK]}, [[{"x": MARK}]]]))
    name, *rest = path
    base: dict[str, Any] = dict(cast("dict[str, Any]", value)) if isinstance(value, dict) else {}
    key = MARK if name == "*" else draw(st.sampled_from([name, name.upper(), name.lower(), name.capitalize()]))
    base[key] = _planted(base.get(key), draw, tuple(rest))
    wrapped: Any = base
    for _ in range(draw(st.integers(0, 2))):
        wrapped = [wrapped, 7] if draw(st.booleans()) else [wrapped]
    return wrapped


@st.composite
def _events(draw: st.DrawFn) -> dict[str, Any]:
    """Events of any shape, with the canary in fields that are redacted and nowhere else."""
    free = {name: draw(JSON) for name in ("user", "request", "app", "device", "session", "custom", "threads")}
    event = _event(**free)
    event["user"] = _planted(free["user"], draw, ("email",))
    event["request"] = _planted(free["request"], draw, ("headers",))
    odd: list[Any] = [{}, {MARK: MARK}, [{MARK: {"a": MARK}}, {"b": [MARK]}]]
    event["metaData"] = draw(st.sampled_from(odd))
    line = draw(st.sampled_from(["line_number", "lineNumber", "LINE_NUMBER"]))
    thrown = {"message": MARK, "Message": MARK, "stacktrace": [{line: MARK, "lineNumber": MARK}]}
    event["exceptions"] = draw(st.lists(st.just(thrown), max_size=2))
    event["breadcrumbs"] = draw(st.lists(st.just({"name": MARK, "unknown": MARK}), max_size=2))
    event[draw(st.sampled_from(["context", "Context", "CONTEXT"]))] = MARK
    return event


@pytest.mark.ablation("redaction goes through lists", "redaction knows no case")
@pytest.mark.threats(20, 29)
@given(event=_events())
async def test_whatever_upstream_answers_a_redacted_field_leaves_nowhere(event: dict[str, Any]) -> None:
    opened = gate()
    _answers(opened, event)
    one = await opened.wire("get_event", {"project_id": IOS.id, "event_id": IOS.event, "detail": "full"})
    many = await opened.wire("list_events", {"project_id": IOS.id})
    ask = Ask(
        principal=principal(),
        tool="a_tool",
        operation=LIST_PROJECT_EVENTS,
        connection="bugsnag",
        arguments={"project_id": IOS.id},
    )
    async with opened.gateway.reading(ask) as reading:
        pages = [page async for page in reading.pages(None)]
    exported = [json.dumps(dump(row)) for page in pages for row in page.rows]

    assert exported
    assert MARK.encode() not in one + many
    assert MARK not in "".join(exported) + repr(pages) + repr(opened.log.records)


PEOPLE = ("email", "Phone", "USER", "customer", "name", "firstName", "last_name", "emailAddress")
PLAIN = ("page", "items", "price", "id", "screen")


@st.composite
def _with_people(draw: st.DrawFn, deepest: int = 4) -> Any:  # noqa: ANN401 - any JSON
    """Any JSON with the canary under keys that tell who somebody is, and under no others."""
    if deepest == 0:
        return draw(st.sampled_from(["plain", 7, None]))
    below = _with_people(deepest - 1)
    found: dict[str, Any] = draw(st.dictionaries(st.sampled_from(PLAIN), below, max_size=3))
    for key in draw(st.lists(st.sampled_from(PEOPLE), max_size=2)):
        found[key] = draw(st.sampled_from([MARK, [MARK], {"id": MARK}, {"page": {MARK: MARK}}]))
    return [found, 7] if draw(st.booleans()) else found


@pytest.mark.ablation("a redacted name at any depth")
@pytest.mark.threats(20, 29)
@given(tab=_with_people(), crumb=_with_people())
async def test_who_somebody_is_leaves_nowhere_however_deep_it_stands(tab: Any, crumb: Any) -> None:  # noqa: ANN401 - any JSON
    # Guards: DEEP in gateway.redact.
    opened = gate('[redact]\nsets = ["people"]\n')
    event = _event(metaData={"tab": tab}, breadcrumbs=[{"name": "tap", "metaData": crumb}], customDiagnostics=tab)
    _answers(opened, event)
    told = await opened.wire("get_event", {"project_id": IOS.id, "event_id": IOS.event, "detail": "full"})

    assert MARK.encode() not in told
    assert b'"tap"' in told
    assert MARK not in repr(opened.log.records)


def test_a_name_at_any_depth_is_told_by_the_policys_words_and_the_rest_stays() -> None:
    tree = Redaction(within=RESULT_FIELDS, fields=("metaData.**.iban", "metaData.account.id")).tree("event")
    data = {"IBAN": 1, "account": {"id": 2, "kept": [{"deep": {"iban": 3, "kept": 4}}, 5]}, "kept": [6]}
    page = redact(Page(rows=(read_row(Event, _event(metaData=data)),)), tree)

    assert page.rows[0].metaData == {"account": {"kept": [{"deep": {"kept": 4}}, 5]}, "kept": [6]}
    assert page.redacted == ("metaData.**.iban", "metaData.account.**.iban", "metaData.account.id")


@given(value=JSON, other=JSON)
def test_what_is_not_named_stays_as_it_is(value: Any, other: Any) -> None:  # noqa: ANN401 - any JSON
    tree = Redaction(within=RESULT_FIELDS, fields=("user.email", "context")).tree("event")
    row = read_row(Event, _event(device=value, app=other, severity="info"))

    assert redact(Page(rows=(row,)), tree) == Page(rows=(row,))


def test_a_row_keeps_its_type_and_its_other_fields() -> None:
    tree = Redaction(
        within=RESULT_FIELDS, fields=("exceptions.stacktrace.file", "breadcrumbs.metaData", "unhandled")
    ).tree("event")
    row = Event(
        id=IOS.event,
        unhandled=True,
        exceptions=(Thrown(message="m", stacktrace=(Frame(file="a.py", method="f"),)),),
        breadcrumbs=(Breadcrumb(name="b", metaData={"x": 1}), Breadcrumb(name="c")),
    )
    page = redact(Page(rows=(row,), total=7, next_mark="n"), tree)

    assert page == Page(
        rows=(
            Event(
                id=IOS.event,
                exceptions=(Thrown(message="m", stacktrace=(Frame(method="f"),)),),
                breadcrumbs=(Breadcrumb(name="b"), Breadcrumb(name="c")),
            ),
        ),
        total=7,
        next_mark="n",
        redacted=("breadcrumbs.metaData", "exceptions.stacktrace.file", "unhandled"),
    )
    assert row.unhandled is True


def test_names_that_an_outsider_wrote_are_not_told() -> None:
    tree = Redaction(within=RESULT_FIELDS, fields=("metaData.*", "request.headers.*")).tree("event")
    row = read_row(Event, _event(metaData={MARK: 1}, request={"headers": {MARK: 1}}))

    assert redact(Page(rows=(row,)), tree).redacted == ("metaData.*", "request.headers.*")


def test_a_name_that_no_record_could_hold_is_told_as_a_star() -> None:
    tree = Redaction(within=RESULT_FIELDS, fields=("metaData.what is: this",)).tree("event")
    row = read_row(Event, _event(metaData={"What is: THIS": 1, "that": 2}))
    page = redact(Page(rows=(row,)), tree)

    assert (page.redacted, page.rows[0].metaData) == (("metaData.*",), {"that": 2})
