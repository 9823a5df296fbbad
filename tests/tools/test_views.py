"""What an agent gets back: small by default, what is left out is said, and ``detail=full`` gives the rest."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from crashgate.model.field_table import declared_fields
from crashgate.model.operation import AnyOperation, Shape
from crashgate.model.tool import Detail, Tool
from crashgate.providers.bugsnag import errors
from crashgate.providers.bugsnag import event as events
from crashgate.providers.bugsnag.errors import Error
from crashgate.providers.bugsnag.event import Event
from crashgate.providers.devrev.developer_info import GET_DEVELOPER_INFO
from tests.catalogue import BY_NAME
from tests.gate.gate import ACME, ANDROID, IOS, PAYMENTS
from tests.house import OPERATOR, TRIAGE, House, open_house
from tests.rows import is_secret, read_row
from tests.tools.asks import RIGHT
from tests.tools.canary import TEXT, CanaryUpstream, document
from tests.tools.played import open_to_all


async def _event(house: House, detail: str, slug: str = "checkout-ios", number: int = 0) -> Mapping[str, Any]:
    arguments = {"project_id": slug, "error_id": house.errors(slug)[number].id, "detail": detail}
    answer = await house.call(OPERATOR, "get_event", arguments)
    assert answer.error is None
    found: Mapping[str, Any] = answer.content["event"]
    return found


@pytest.mark.parametrize("slug", ["checkout-ios", "checkout-android", "checkout-web", "payments-api"])
async def test_what_a_summary_leaves_out_is_counted_and_the_rest_can_be_had(tmp_path: Path, slug: str) -> None:
    async with open_house(tmp_path) as house:
        short, full = await _event(house, "summary", slug), await _event(house, "full", slug)

    left_out = dict(short["left_out"])
    assert left_out.pop("how") == 'detail="full" shows all of it'
    shown, whole = short["untrusted"], full["untrusted"]
    frames = [frame for thrown in whole["exceptions"] for frame in thrown["stacktrace"]]
    in_app = [frame for frame in frames if frame.get("in_project")]
    short_app = [frame for thrown in shown["exceptions"] for frame in thrown.get("frames_in_app", ())]
    short_others = [frame for thrown in shown["exceptions"] for frame in thrown.get("frames_of_libraries", ())]
    assert len(short_app) + left_out.get("app_frames", 0) == len(in_app)
    assert len(short_others) + left_out.get("library_frames", 0) == len(frames) - len(in_app)
    crumbs = shown.get("breadcrumbs_newest_first", ())
    assert len(crumbs) + left_out.get("older_breadcrumbs", 0) == len(whole.get("breadcrumbs", ()))
    for name in ("app", "device", "request", "user"):
        assert len(shown.get(name, ())) + left_out.get(f"{name}_fields", 0) == len(whole.get(name, ()))
    assert left_out.get("metadata_tabs", 0) == len(whole.get("metaData", ()))
    assert "left_out" not in full


def _long_event() -> Event:
    frames = [{"method": f"own{n}", "inProject": True, "code": {"1": "x"}} for n in range(9)]
    frames += [{"method": f"library{n}", "inProject": False} for n in range(14)]
    thrown = {"errorClass": "E", "message": "m", "stacktrace": frames}
    crumbs = [{"name": f"tap {n}", "type": "user", "metaData": {"title": "it's"}} for n in range(30)]
    return read_row(Event, {"id": IOS.event, "exceptions": [thrown] * 4, "breadcrumbs": crumbs})


def test_what_a_triage_leaves_out_of_an_event_is_counted_against_what_it_shows() -> None:
    # Guards: that _cut counts by the same numbers by which it cuts, and counts whole exceptions with their frames.
    shown = events.brief(_long_event())
    outside = shown["untrusted"]

    assert [
        (len(each["frames_in_app"]), len(each["frames_of_libraries"]), "code" in each) for each in outside["exceptions"]
    ] == [(8, 2, True), (8, 2, False)]
    assert len(outside["breadcrumbs_newest_first"]) == 5
    assert shown["left_out"] == {
        "exceptions": 2,
        "app_frames": 4 * 9 - 2 * 8,
        "library_frames": 4 * 14 - 2 * 2,
        "older_breadcrumbs": 25,
        "how": "get_event shows more",
    }


def _summary(event: Event) -> Mapping[str, Any]:
    return events.summary(event, Detail.SUMMARY)


VIEWS: list[tuple[Callable[[Event], Mapping[str, Any]], int]] = [(events.brief, 8), (_summary, 12)]


@pytest.mark.parametrize(("view", "most"), VIEWS)
def test_frames_that_nobody_marked_are_shown_as_they_come_with_their_code(
    view: Callable[[Event], Mapping[str, Any]], most: int
) -> None:
    frames = [
        {"method": f"f{n}", "file": "a.js", "lineNumber": n, "code": {"7": "x()"} if n else None} for n in range(20)
    ]
    event = read_row(Event, {"id": IOS.event, "exceptions": [{"errorClass": "E", "stacktrace": frames}]})
    shown = view(event)
    (thrown,) = shown["untrusted"]["exceptions"]

    assert thrown["frames"] == [f"f{n} (a.js:{n})" for n in range(most)]
    assert thrown["code"] == ["7: x()"]
    assert {"frames_in_app", "frames_of_libraries"}.isdisjoint(thrown)
    assert shown["left_out"]["frames"] == 20 - most


def test_a_breadcrumbs_details_are_json() -> None:
    assert events.brief(_long_event())["untrusted"]["breadcrumbs_newest_first"][0] == (
        '? user: tap 0 {"title":"it\'s"}'
    )


def test_what_upstream_has_not_got_of_an_event_is_said() -> None:
    whole = {"id": IOS.event, "missing_dsym": False, "is_full_report": True}
    short = {"id": IOS.event, "missing_dsym": True, "is_full_report": False}

    assert events.summary(read_row(Event, whole), Detail.SUMMARY) == {"id": IOS.event, "untrusted": {}}
    assert events.summary(read_row(Event, short), Detail.SUMMARY) == {**short, "untrusted": {}}


def test_how_often_it_happened_is_said_where_upstream_did_not_keep_every_event() -> None:
    throttled = read_row(Error, {"id": IOS.error, "events": 5, "unthrottled_occurrence_count": 90})
    kept = read_row(Error, {"id": IOS.error, "events": 5, "unthrottled_occurrence_count": 5})

    said = {"id": IOS.error, "events": 5, "unthrottled_occurrence_count": 90}
    assert errors.summary(throttled, Detail.SUMMARY) == errors.triage(throttled) == said
    assert errors.summary(kept, Detail.SUMMARY) == errors.triage(kept) == {"id": IOS.error, "events": 5}


async def test_the_newest_breadcrumbs_and_the_frames_of_the_app_come_first(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        short, full = await _event(house, "summary"), await _event(house, "full")

    times = [crumb["timestamp"] for crumb in full["untrusted"]["breadcrumbs"]]
    shown = [crumb.split(" ")[0] for crumb in short["untrusted"]["breadcrumbs_newest_first"]]
    assert shown == sorted(times, reverse=True)[: len(shown)]
    first = short["untrusted"]["exceptions"][0]
    assert list(first).index("frames_in_app") < list(first).index("frames_of_libraries")
    assert first["frames_in_app"] != []


def _one(provider: str, tool: str) -> AnyOperation:
    """The first operation of the tool at the provider."""
    return next(each for each in BY_NAME[tool].operations if each.provider == provider)


DETAILED = [
    (provider, name)
    for provider, name in RIGHT
    if isinstance(tool := BY_NAME[name], Tool)
    and tool.detailed
    and _one(provider, name).shape is Shape.ONE
    # Shown as two lists.
    and _one(provider, name) is not GET_DEVELOPER_INFO
]


@pytest.mark.parametrize(("provider", "tool"), DETAILED)
async def test_full_detail_gives_all_declared_fields_but_secrets(tmp_path: Path, provider: str, tool: str) -> None:
    # Guards: everything, and that nothing in a view forgets a field.
    upstream = CanaryUpstream(organizations={ACME: "acme"}, sites=(IOS, ANDROID, PAYMENTS))
    opened = open_to_all(provider, tmp_path, upstream=upstream)
    more = {"include_replay_data": True} if tool == "list_session_events" else {}
    answer = await opened.call(tool, {**RIGHT[provider, tool], "detail": "full", **more})
    held: Mapping[str, Any] = {key: value for key, value in answer.content.items() if isinstance(value, dict)}
    found: Mapping[str, Any] = next(iter(held.values()))
    # Parts that have rows of their own.
    given = set(found) - {"untrusted"} | set(found["untrusted"]) | set(answer.content)

    model = _one(provider, tool).result
    parsed = read_row(model, {**document(model), "id": IOS.error})
    secrets = {each.name for each in declared_fields(model) if is_secret(each)}
    holding = {name for name in model.__struct_fields__ if getattr(parsed, name) not in (None, "", (), {})}
    assert holding - secrets <= given
    assert given.isdisjoint(secrets)
    assert "unknown_field" not in given


@pytest.mark.threats(29)
@pytest.mark.parametrize("detail", ["summary", "full"])
async def test_headers_that_carry_credentials_are_not_shown(detail: str) -> None:
    # Guards: _SENSITIVE_HEADERS in views.events.
    headers = {"Authorization": "Bearer abc", "COOKIE": "sid=abc", "X-Api-Key": "abc", "Accept": "text/html"}
    event = read_row(Event, {"id": IOS.event, "request": {"url": "https://shop.example/", "headers": headers}})
    shown = events.full(event) if detail == "full" else events.summary(event, Detail.SUMMARY)

    assert "abc" not in json.dumps(shown)
    assert ("Accept" in json.dumps(shown)) is (detail == "full")


def test_an_event_of_nothing_is_shown_as_nothing() -> None:
    shown = events.summary(read_row(Event, {"id": IOS.event}), Detail.SUMMARY)

    assert shown == {"id": IOS.event, "untrusted": {}}


async def test_a_pivot_that_upstream_does_not_answer_is_named(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        asked = {"project_id": "checkout-ios", "pivots": ["os.name", "nope", "event.since"]}
        found = await house.call(TRIAGE, "list_pivots", asked)
        whole = await house.call(TRIAGE, "list_pivots", {**asked, "pivots": ["os.name"]})
        usual = await house.call(TRIAGE, "list_pivots", {"project_id": "checkout-ios"})

    assert [each["untrusted"]["field"] for each in found.content["pivots"]] == ["os.name"]
    assert found.content["not_answered"]["pivots"] == ["nope", "event.since"]
    assert found.text.endswith(" Not answered: 2 of those asked for.")
    assert ["not_answered" in each.content for each in (whole, usual)] == [False, False]


async def test_lists_count_only_what_is_whole(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        errors = await house.call(TRIAGE, "list_errors", {"project_id": "checkout-ios", "status": "any"})
        projects = await house.call(TRIAGE, "list_projects", {"organization_id": "acme"})
        nothing = await house.call(
            TRIAGE,
            "list_errors",
            {"project_id": "checkout-ios", "status": "any", "filters": {"event.class": "NoSuchClass"}},
        )

    assert errors.content["total"] == len(house.errors())
    assert errors.text == f"30 of {len(house.errors())} errors in checkout-ios. More with next_cursor."
    assert "total" not in projects.content
    assert (len(projects.content["projects"]), projects.text) == (2, "2 projects.")
    assert nothing.text == "No errors in checkout-ios."


@pytest.mark.threats(29)
async def test_no_key_of_the_account_is_shown_or_logged(tmp_path: Path) -> None:
    # Guards: Secret in the catalogue.
    async with open_house(tmp_path) as house:
        answers = [
            await house.call(OPERATOR, "list_organizations"),
            await house.call(OPERATOR, "list_projects", {"organization_id": "acme"}),
            await house.call(OPERATOR, "get_project", {"project_id": "checkout-ios", "detail": "full"}),
        ]
        keys = [each.api_key for each in house.world.organizations.values()]
        keys += [key for each in house.world.projects.values() for key in (each.api_key, each.upload_api_key)]
    shown = json.dumps([dict(answer.content) for answer in answers])

    assert [answer.error for answer in answers] == [None, None, None]
    assert [key for key in keys if key in shown] == []
    assert TEXT not in shown


async def test_a_change_shows_what_upstream_stored(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        error = house.errors()[0].id
        given = {"project_id": "checkout-ios", "error_id": error}
        rules = {"reopen_if": "occurs_after", "seconds": 3600}
        person = next(iter(house.world.people)).id
        url = "https://github.com/acme/app/issues/7"
        snoozed = await house.call(OPERATOR, "update_error", {**given, "operation": "snooze", "reopen_rules": rules})
        assigned = await house.call(
            OPERATOR, "update_error", {**given, "operation": "assign", "assigned_collaborator_id": person}
        )
        linked = await house.call(OPERATOR, "update_error", {**given, "operation": "link_issue", "issue_url": url})

    assert snoozed.content["errors"]["statuses"] == {error: "snoozed"}
    assert rules.items() <= snoozed.content["errors"]["reopen_rules"].items()
    assert assigned.content["errors"]["assigned_collaborator_id"] == person
    assert [each["url"] for each in linked.content["errors"]["untrusted"]["linked_issues"]] == [url]
    assert "notice" in linked.content
