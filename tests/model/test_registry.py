"""What is true of every operation there is."""

import re
from dataclasses import replace

import pytest

from crashgate.gate.case import spoken
from crashgate.model.access import Access
from crashgate.model.operation import AnyOperation
from crashgate.model.params import In
from crashgate.model.scope import (
    APP,
    ENVIRONMENT,
    NOTHING,
    ORGANIZATION,
    PROJECT,
    Anywhere,
    AppOfObject,
    EnvironmentNamed,
    EnvironmentRows,
    OrganizationRows,
    OrganizationToCome,
    ProjectOfObject,
)
from tests.catalogue import BY_ID, OPERATIONS, RESOURCES

SPOKEN = {
    "crashgate.access.get": "read its own access",
    "bugsnag.organizations.list": "listed organizations",
    "bugsnag.organizations.get": "read organization ORGANIZATION",
    "bugsnag.organizations.create": "created an organization",
    "bugsnag.organizations.update": "changed organization ORGANIZATION",
    "bugsnag.organizations.delete": "deleted organization ORGANIZATION",
    "bugsnag.projects.list": "listed projects",
    "bugsnag.projects.get": "read project settings",
    "bugsnag.projects.create": "created a project of type TYPE",
    "bugsnag.projects.update": "changed project settings",
    "bugsnag.errors.list": "listed errors",
    "bugsnag.errors.get": "read error ERROR",
    "bugsnag.errors.delete": "deleted error ERROR",
    "bugsnag.errors.fix": "resolved error ERROR",
    "bugsnag.errors.open": "reopened error ERROR",
    "bugsnag.errors.ignore": "ignored error ERROR",
    "bugsnag.errors.snooze": "snoozed error ERROR",
    "bugsnag.errors.assign": "assigned error ERROR",
    "bugsnag.errors.override_severity": "overrode the severity of error ERROR with SEVERITY",
    "bugsnag.errors.create_issue": "opened an issue for error ERROR",
    "bugsnag.errors.link_issue": "linked an issue to error ERROR",
    "bugsnag.errors.unlink_issue": "unlinked the issue of error ERROR",
    "bugsnag.errors.undiscard": "undiscarded error ERROR",
    "bugsnag.errors.discard": "discarded future events of error ERROR",
    "bugsnag.errors.fix_many": "resolved 2 errors",
    "bugsnag.errors.open_many": "reopened 2 errors",
    "bugsnag.errors.ignore_many": "ignored 2 errors",
    "bugsnag.errors.snooze_many": "snoozed 2 errors",
    "bugsnag.errors.assign_many": "assigned 2 errors",
    "bugsnag.errors.override_severity_many": "overrode the severity of 2 errors with SEVERITY",
    "bugsnag.errors.create_issue_many": "opened issues for 2 errors",
    "bugsnag.errors.link_issue_many": "linked an issue to 2 errors",
    "bugsnag.errors.unlink_issue_many": "unlinked the issues of 2 errors",
    "bugsnag.errors.undiscard_many": "undiscarded 2 errors",
    "bugsnag.errors.discard_many": "discarded future events of 2 errors",
    "bugsnag.errors.delete_many": "deleted 2 errors",
    "bugsnag.comments.list": "listed comments on error ERROR",
    "bugsnag.comments.create": "commented on error ERROR",
    "bugsnag.comments.update": "changed comment COMMENT on error ERROR",
    "bugsnag.comments.delete": "deleted comment COMMENT on error ERROR",
    "bugsnag.events.list_on_error": "listed events of error ERROR",
    "bugsnag.events.list_on_project": "listed events",
    "bugsnag.events.get": "read event EVENT",
    "bugsnag.errors.export": "exported errors",
    "bugsnag.events.export": "exported events",
    "bugsnag.events.get_latest": "read the latest event of error ERROR",
    "bugsnag.events.delete": "deleted event EVENT",
    "bugsnag.pivots.list_on_error": "listed pivots of error ERROR",
    "bugsnag.pivots.list_values_on_error": "listed values of an event field on error ERROR",
    "bugsnag.pivots.list_on_project": "listed pivots",
    "bugsnag.pivots.list_values_on_project": "listed values of an event field",
    "bugsnag.trends.get_on_error": "read the trend of error ERROR",
    "bugsnag.trends.get_on_project": "read the trend",
    "bugsnag.releases.list": "listed releases",
    "bugsnag.releases.get": "read release RELEASE",
    "bugsnag.release_groups.list": "listed release groups",
    "bugsnag.release_groups.get": "read release group RELEASE_GROUP",
    "bugsnag.release_groups.update": "set the visibility of release group RELEASE_GROUP to VISIBLE",
    "bugsnag.stability_trend.get": "read the stability trend",
    "bugsnag.collaborators.list_on_organization": "listed collaborators",
    "bugsnag.collaborators.get": "read collaborator COLLABORATOR",
    "bugsnag.collaborators.list_on_project": "listed collaborators",
    "bugsnag.event_fields.list": "listed event fields",
    "bugsnag.saved_searches.list": "listed saved searches",
    "bugsnag.saved_searches.get": "read saved search SAVED_SEARCH",
    "bugsnag.saved_searches.create": "created a saved search",
    "bugsnag.span_groups.list": "listed span groups",
    "bugsnag.span_groups.get": "read span group SPAN_GROUP",
    "bugsnag.span_groups.get_timeline": "read the timeline of span group SPAN_GROUP",
    "bugsnag.span_groups.get_distribution": "read the distribution of span group SPAN_GROUP",
    "bugsnag.span_groups.list_trace_fields": "listed trace fields",
    "bugsnag.span_groups.get_network_grouping": "read the grouping of network requests",
    "bugsnag.span_groups.replace_network_grouping": "replaced the grouping of network requests",
    "bugsnag.spans.list_on_group": "listed spans of span group SPAN_GROUP",
    "bugsnag.spans.list_on_trace": "listed spans of trace TRACE",
    "bugsnag-sessions.sessions.report": "reported sessions",
    "crashgate.exports.list": "listed its own exports",
    "crashgate.exports.read": "read its export EXPORT",
    "browserstack.sessions.list": "listed sessions",
    "browserstack.sessions.get": "read session SESSION",
    "browserstack.sessions.export": "exported sessions",
    "browserstack.sessions.create": "created session SESSION",
    "bugspulse.sessions.list": "listed sessions",
    "bugspulse.sessions.export": "exported sessions",
    "bugspulse.crashes.list": "listed crash groups",
    "bugspulse.crashes.export": "exported crash groups",
    "bugspulse.session_events.list": "listed events of session SESSION",
    "bugspulse.session_events.export": "exported events of session SESSION",
    "bugspulse.network_logs.list": "listed network logs",
    "bugspulse.network_logs.export": "exported network logs",
    "devrev.sessions.list": "listed sessions",
    "devrev.sessions.get": "read session SESSION",
    "devrev.sessions.export": "exported sessions",
    "devrev.session_data.get": "read a recording of session SESSION",
    "devrev.developer_info.get": "read the console and requests of session SESSION",
}
"""What a sentence says that somebody did, by operation."""

DESTRUCTIVE = {
    "bugsnag.organizations.delete",
    "bugsnag.errors.delete",
    "bugsnag.errors.delete_many",
    "bugsnag.errors.discard",
    "bugsnag.errors.discard_many",
    "bugsnag.comments.delete",
    "bugsnag.events.delete",
    "bugsnag.span_groups.replace_network_grouping",
}
CHANGES = {
    "bugsnag.organizations.create",
    "bugsnag.organizations.update",
    "bugsnag.projects.create",
    "bugsnag.projects.update",
    "bugsnag.errors.assign",
    "bugsnag.errors.assign_many",
    "bugsnag.errors.create_issue",
    "bugsnag.errors.create_issue_many",
    "bugsnag.errors.fix",
    "bugsnag.errors.fix_many",
    "bugsnag.errors.ignore",
    "bugsnag.errors.ignore_many",
    "bugsnag.errors.link_issue",
    "bugsnag.errors.link_issue_many",
    "bugsnag.errors.open",
    "bugsnag.errors.open_many",
    "bugsnag.errors.override_severity",
    "bugsnag.errors.override_severity_many",
    "bugsnag.errors.snooze",
    "bugsnag.errors.snooze_many",
    "bugsnag.errors.undiscard",
    "bugsnag.errors.undiscard_many",
    "bugsnag.errors.unlink_issue",
    "bugsnag.errors.unlink_issue_many",
    "bugsnag.comments.create",
    "bugsnag.comments.update",
    "bugsnag.release_groups.update",
    "bugsnag.saved_searches.create",
    "bugsnag-sessions.sessions.report",
    "browserstack.sessions.create",
}
ASKS_BY_POST = {
    "devrev.sessions.list",
    "devrev.sessions.export",
    "devrev.session_data.get",
    "devrev.developer_info.get",
}
"""What reads although it is a POST: upstream takes what is asked for in a body only."""

OTHER_NOUNS = {"devrev.session_data.get": "session_event", "devrev.developer_info.get": "network_log"}
"""The vendor's noun where the policy has the word that other providers have for the same."""


each = pytest.mark.parametrize("operation", OPERATIONS, ids=list(BY_ID))


def test_no_two_operations_share_an_id() -> None:
    assert len({operation.id for operation in OPERATIONS}) == len(OPERATIONS) == len(BY_ID) == len(SPOKEN) == 95


@each
def test_an_id_is_the_provider_the_noun_and_what_is_done(operation: AnyOperation) -> None:
    provider, noun, deed = operation.id.split(".")

    assert provider == operation.provider
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", noun)
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", deed)
    if operation.id in OTHER_NOUNS:
        assert operation.resource == OTHER_NOUNS[operation.id]
    else:
        assert noun.startswith(operation.resource.removeprefix("organization_").removesuffix("y"))


@pytest.mark.threats(9)
def test_what_deletes_what_changes_and_what_reads_is_what_people_have_agreed_on() -> None:
    found = {access: {one.id for one in OPERATIONS if one.access is access} for access in Access}

    assert found == {
        Access.DELETE: DESTRUCTIVE,
        Access.WRITE: CHANGES,
        Access.READ: set(BY_ID) - DESTRUCTIVE - CHANGES,
    }


@each
def test_whatever_is_not_a_get_writes_or_deletes_or_is_known_to_ask_by_post(operation: AnyOperation) -> None:
    asks = operation.id in ASKS_BY_POST

    assert operation.asks_by_post is asks
    assert (operation.access is Access.READ) is (asks or operation.method in {"GET", None})


@each
def test_what_a_sentence_says_of_it_reads_well(operation: AnyOperation) -> None:
    logged: dict[str, object] = {f.name: f.name.removesuffix("_id").upper() for f in operation.fields if f.logged}
    if "error_ids" in logged:
        logged["error_ids"] = ["A", "B"]

    assert f"{operation.wording.past} {spoken(operation.wording.target, logged)}" == SPOKEN[operation.id]
    assert re.fullmatch(r"[a-z]+", operation.wording.verb)


@each
def test_its_scope_is_told_by_required_parameters_or_by_its_rows(operation: AnyOperation) -> None:
    named = [
        getattr(operation.scope, part)
        for part in ("organization", "project", "object", "app", "platform")
        if hasattr(operation.scope, part)
    ]

    assert [name for name in named if not operation.params.model_fields[name].is_required()] == []
    assert named or isinstance(operation.scope, Anywhere | OrganizationRows | OrganizationToCome | EnvironmentRows)


@each
def test_an_object_is_looked_for_by_a_read_of_its_own_kind_that_can_be_asked_with_what_is_there(
    operation: AnyOperation,
) -> None:
    scope = operation.scope
    if isinstance(scope, ProjectOfObject | EnvironmentNamed | AppOfObject):
        read = BY_ID[scope.read]
        needed = {name for name, info in read.params.model_fields.items() if info.is_required()}

        assert (read.access, read.provider) == (Access.READ, operation.provider)
        assert needed <= set(operation.params.model_fields)


@each
def test_only_what_crashgate_answers_itself_and_what_has_the_key_of_one_project_belong_nowhere(
    operation: AnyOperation,
) -> None:
    # A connection with the key of one project is itself the place.
    own = operation.provider == "crashgate"
    nowhere = own or operation.provider in {"bugsnag-sessions", "bugspulse"}

    assert (nowhere, own, own) == (
        operation.scope.dimension is NOTHING,
        operation.method is None,
        operation.path is None,
    )


def route(operation: AnyOperation) -> tuple[str, str | None, str | None]:
    return operation.provider, operation.method, operation.path


ORDERING = {"base", "direction", "histogram", "sort"}
EXPORTS = [one for one in OPERATIONS if one.id.endswith(".export")]


@pytest.mark.parametrize("operation", EXPORTS, ids=[one.id for one in EXPORTS])
def test_an_export_is_its_list_under_another_name_with_all_rows_a_page_or_as_many_as_are_asked_for(
    operation: AnyOperation,
) -> None:
    name = f"{operation.id.removesuffix('export')}list"
    listed = BY_ID[name if name in BY_ID else f"{name}_on_project"]
    same = replace(operation, id=listed.id, wording=listed.wording, params=listed.params)

    assert same == listed
    # What orders a list, or picks from the rows of a page, is no parameter of a file.
    left_out = set(listed.params.model_fields) - set(operation.params.model_fields)
    assert set(operation.params.model_fields) <= set(listed.params.model_fields)
    # Those that are sent as filters are given as filters.
    beside = {each.name for each in listed.fields if each.travels is In.NOWHERE or each.wire == "filters"}
    assert left_out <= ORDERING | beside
    assert operation.params.model_fields["per_page"].default in {None, listed.per_page}


@each
def test_one_route_is_many_operations_only_by_a_body_that_each_fixes_to_its_own_name(operation: AnyOperation) -> None:
    same = [one for one in OPERATIONS if route(one) == route(operation) and not one.id.endswith(".export")]

    if len(same) > 1 and operation.method is not None:
        assert operation.fixed_body == {"operation": operation.id.rpartition(".")[2].removesuffix("_many")}
    elif operation.provider == "bugsnag-sessions":
        assert set(operation.fixed_body) == {"notifier"}
    else:
        assert operation.fixed_body == {}


@each
def test_each_entry_names_its_source(operation: AnyOperation) -> None:
    assert operation.source.startswith(("https://", "docs/"))


def test_the_resources_of_each_provider_are_the_words_that_a_policy_may_use() -> None:
    assert {provider: dict(words) for provider, words in RESOURCES.items()} == {
        "crashgate": {"access": NOTHING, "export": NOTHING},
        "bugsnag": {
            "organization": ORGANIZATION,
            "project": PROJECT,
            "error": PROJECT,
            "event": PROJECT,
            "trend": PROJECT,
            "release": PROJECT,
            "stability_trend": PROJECT,
            "event_field": PROJECT,
            "comment": PROJECT,
            "pivot": PROJECT,
            "release_group": PROJECT,
            "saved_search": PROJECT,
            "span_group": PROJECT,
            "span": PROJECT,
            "collaborator": PROJECT,
            "organization_collaborator": ORGANIZATION,
        },
        "bugsnag-sessions": {"session": NOTHING},
        "bugspulse": {
            "session": NOTHING,
            "crash": NOTHING,
            "session_event": NOTHING,
            "network_log": NOTHING,
        },
        "browserstack": {"session": ENVIRONMENT},
        "devrev": {
            "session": APP,
            "session_event": APP,
            "network_log": APP,
        },
    }
