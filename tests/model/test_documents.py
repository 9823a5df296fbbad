"""The catalogue against the facts of the vendor's own document: endpoints.json and shapes.json."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from crashgate.model.access import Access
from crashgate.model.field_table import declared_fields
from crashgate.model.operation import AnyOperation
from crashgate.model.params import In
from crashgate.model.result import Result
from crashgate.providers.bugsnag.collaborators import Collaborator
from crashgate.providers.bugsnag.comments import Author, Comment
from crashgate.providers.bugsnag.error_changes import COMPANIONS, ReopenRule
from crashgate.providers.bugsnag.errors import Error, IntroducingRelease, Issue, ReopenRules
from crashgate.providers.bugsnag.event import Breadcrumb, Event, Frame, Thrown
from crashgate.providers.bugsnag.event_fields import EventField
from crashgate.providers.bugsnag.field_reads import DEFAULT_FIELDS
from crashgate.providers.bugsnag.organizations import Organization
from crashgate.providers.bugsnag.pivots import Pivot, PivotValue
from crashgate.providers.bugsnag.projects import Project, ProjectType, StabilityTarget
from crashgate.providers.bugsnag.releases import Release, ReleaseGroup, ReleaseStage
from crashgate.providers.bugsnag.saved_searches import SavedSearch
from crashgate.providers.bugsnag.trends import StabilityTrend, TimelinePoint, TrendBucket
from tests.catalogue import BY_ID, OPERATIONS
from tests.rows import dump, dump_like, is_secret, read_row, sources

Schemas = Mapping[str, Mapping[str, Mapping[str, Any]]]

SCHEMAS: dict[str, type[Result]] = {
    "OrganizationApiView": Organization,
    "ProjectApiView": Project,
    "StabilityTarget": StabilityTarget,
    "ErrorApiView": Error,
    "ErrorReopenRules": ReopenRules,
    "ErrorCreatedIssue": Issue,
    "ErrorIntroducedInRelease": IntroducingRelease,
    "EventApiView": Event,
    "ElasticSearchEventApiView": Event,
    "EventException": Thrown,
    "EventExceptionStacktrace": Frame,
    "Breadcrumb": Breadcrumb,
    "Trend1": TrendBucket,
    "ReleaseApiView": Release,
    "ReleaseApiViewReleaseStage": ReleaseStage,
    "ProjectStabilityTrendApiView": StabilityTrend,
    "GenericTimelinePointWithUserSessions": TimelinePoint,
    "EventField": EventField,
    "CollaboratorApiView": Collaborator,
    "CommentApiView": Comment,
    "User": Author,
    "PivotApiView": Pivot,
    "PivotValueApiView": PivotValue,
    "ReleaseGroup": ReleaseGroup,
    "SavedSearch": SavedSearch,
}
"""The vendor's names of what is answered, with our model of each."""

ACCOUNT = {"two_factor_enabled", "two_factor_enabled_on", "recovery_codes_remaining", "password_updated_on"}
"""How safe a person's account is."""

SECRETS: dict[type[Result], set[str]] = {
    Organization: {"api_key", "billing_emails"},
    Project: {"api_key", "upload_api_key"},
    Collaborator: {*ACCOUNT, "project_ids", "project_roles", "projects_url"},
    Author: {*ACCOUNT, "favorite_project_ids", "projects_url"},
}
REQUIRED = {"id": "5f1a0c3d9e8b7a6655443322", "display_id": "user.id"}

NEIGHBOURS = {
    ("DELETE", "/organizations/{organization_id}"): "destructive",
    ("GET", "/projects/{project_id}/errors/{error_id}/comments"): "read",
    ("POST", "/projects/{project_id}/errors/{error_id}/comments"): "write",
    ("PATCH", "/comments/{comment_id}"): "write",
    ("DELETE", "/comments/{comment_id}"): "destructive",
    ("GET", "/projects/{project_id}/pivots/{event_field_display_id}/values"): "read",
    ("GET", "/release_groups/{release_group_id}"): "read",
    ("GET", "/saved_searches/{saved_search_id}"): "read",
    ("GET", "/projects/{project_id}/span_groups"): "read",
    ("GET", "/projects/{project_id}/span_groups/{span_group_id}"): "read",
    ("GET", "/projects/{project_id}/span_groups/{span_group_id}/timeline"): "read",
    ("GET", "/projects/{project_id}/span_groups/{span_group_id}/distribution"): "read",
    ("GET", "/projects/{project_id}/span_groups/{span_group_id}/spans"): "read",
    ("GET", "/projects/{project_id}/traces/{trace_id}/spans"): "read",
    ("GET", "/projects/{project_id}/trace_fields"): "read",
    ("GET", "/projects/{project_id}/network_endpoint_grouping"): "read",
    ("PUT", "/projects/{project_id}/network_endpoint_grouping"): "destructive",
}
"""What the catalogue has beside the thirty-four, with the access that people have agreed on."""

BODIES = {
    "bugsnag.organizations.create": "CreateOrganizationRequest",
    "bugsnag.organizations.update": "OrganizationUpdateRequest",
    "bugsnag.projects.create": "ProjectCreateRequest",
    "bugsnag.projects.update": "ProjectUpdateRequest",
    "bugsnag.release_groups.update": "UpdateReleaseGroupRequest",
    "bugsnag.saved_searches.create": "SavedSearchCreateRequest",
}

each_schema = pytest.mark.parametrize("schema", SCHEMAS)
sent = [operation for operation in OPERATIONS if operation.provider == "bugsnag"]
each_operation = pytest.mark.parametrize("operation", sent, ids=[operation.id for operation in sent])


@pytest.fixture(scope="module")
def shapes(contracts: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((contracts / "bugsnag" / "shapes.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def endpoints(contracts: Path) -> dict[tuple[str, str], str]:
    """The access of each documented method and path."""
    loaded = json.loads((contracts / "bugsnag" / "endpoints.json").read_text(encoding="utf-8"))["endpoints"]
    assert len(loaded) == 34
    return {(one["method"], one["path"]): one["access"] for one in loaded}


def declared(model: type[Result]) -> set[str]:
    """The names under which a model takes its fields from an answer."""
    return {source for several in sources(model).values() for source in several}


def examples(kind: str, schemas: Schemas, enums: Mapping[str, list[str]]) -> list[Any]:
    """Values of a documented type. A string may be an id, a time or an address: the document does not say which."""
    name = kind.removesuffix(" | null")
    if name.startswith("Array<"):
        return [[one] for one in examples(name.removeprefix("Array<").removesuffix(">"), schemas, enums)]
    if name in enums:
        return [enums[name][-1]]
    if name.endswith("Enum"):  # a list whose values the document does not give
        return ["n_additional_users"]
    if name in schemas:
        return [{}]
    plain: dict[str, list[Any]] = {
        "string": ["0123456789abcdef01234567", "2026-11-20T15:30:00.000Z", "https://api.bugsnag.com/projects"],
        "Date": ["2026-11-20T15:30:00.000Z"],
        "number": [3],
        "boolean": [True],
        "any": ["production"],
    }
    return plain.get(name, [{}])


@each_schema
def test_a_model_declares_every_documented_field(schema: str, shapes: dict[str, Any]) -> None:
    assert set(shapes["schemas"][schema]) - declared(SCHEMAS[schema]) == set()


@each_schema
def test_a_model_keeps_every_documented_field_of_the_documented_type(schema: str, shapes: dict[str, Any]) -> None:
    model = SCHEMAS[schema]
    documented: dict[str, dict[str, Any]] = shapes["schemas"][schema]
    for name in documented.keys() - REQUIRED.keys() - SECRETS.get(model, set()):
        field = next(each for each, several in sources(model).items() if name in several).rstrip("_")
        values = examples(documented[name]["type"], shapes["schemas"], shapes["enums"])
        rows = [{**REQUIRED, name: value} for value in values]
        read = [dump_like(dump(read_row(model, row)), {**REQUIRED, field: row[name]}) for row in rows]

        assert [row for row, found in zip(rows, read, strict=True) if found.get(field) == row[name]] != [], name


@each_schema
def test_every_field_but_the_id_may_be_null_or_absent(schema: str, shapes: dict[str, Any]) -> None:
    model = SCHEMAS[schema]
    for name in shapes["schemas"][schema]:
        if name not in REQUIRED:
            read_row(model, {**REQUIRED, name: None})
    read_row(model, REQUIRED)


def test_every_documented_secret_is_a_secret_here() -> None:
    models: set[type[Result]] = set(SCHEMAS.values())
    for model in models:
        marked = {each.name for each in declared_fields(model) if is_secret(each) and each.name != "key_digest"}

        assert marked == SECRETS.get(model, set())


@pytest.mark.threats(29)
def test_a_secret_is_gone_when_an_answer_has_been_read() -> None:
    for model, names in SECRETS.items():
        for name in names:
            found = read_row(model, {**REQUIRED, name: "canary-of-a-secret"})

            assert "canary-of-a-secret" not in repr(found)


def test_each_value_of_a_documented_list_is_kept(shapes: dict[str, Any]) -> None:
    kept = 0
    for schema, model in SCHEMAS.items():
        for name, rule in shapes["schemas"][schema].items():
            for value in shapes["enums"].get(rule["type"].removesuffix(" | null"), []):
                found = read_row(model, {**REQUIRED, name: value})
                assert getattr(found, name) == value
                kept += 1

    assert kept > 100


def test_every_one_of_the_thirty_four_is_there(endpoints: dict[tuple[str, str], str]) -> None:
    ours = {(operation.method, operation.path) for operation in sent}

    assert set(endpoints) - ours == set()
    assert ours - set(endpoints) == set(NEIGHBOURS)


@pytest.mark.threats(9)
@each_operation
def test_each_operation_has_the_documented_access(
    operation: AnyOperation, endpoints: dict[tuple[str, str], str]
) -> None:
    said = (endpoints | NEIGHBOURS)[operation.method or "", operation.path or ""]
    if said.startswith("write (destructive when operation is delete or discard)"):
        said = "destructive" if operation.fixed_body["operation"] in {"delete", "discard"} else "write"

    assert operation.access is {"read": Access.READ, "write": Access.WRITE, "destructive": Access.DELETE}[said]


@each_operation
def test_each_operation_sends_only_documented_query_parameters(operation: AnyOperation, shapes: dict[str, Any]) -> None:
    # The document spells trends in the plural; recordings and live clients have the singular (row 22).
    def route(method: str | None, path: str | None) -> tuple[str | None, str]:
        return method, re.sub(r"\{\w+\}", "{}", path or "").replace("/trends", "/trend")

    documented = {route(one["method"], one["path"]): set(one["query"]) for one in shapes["operations_all_132"]}
    ours = {field.wire for field in operation.fields if field.travels is In.QUERY}

    assert ours - documented[route(operation.method, operation.path)] == set()


def test_each_status_change_fixes_a_documented_operation_and_sends_documented_fields(shapes: dict[str, Any]) -> None:
    documented = set(shapes["enums"]["ErrorUpdateRequestOperationEnum"])
    one, many = (
        [each for each in sent if (each.method, each.path) == ("PATCH", path)]
        for path in ("/projects/{project_id}/errors/{error_id}", "/projects/{project_id}/errors")
    )
    fields = {field.wire for change in (*one, *many) for field in change.fields if field.travels is In.BODY}

    # One error is deleted by a route of its own, which needs no body.
    assert sorted(change.fixed_body["operation"] for change in one) == sorted(documented - {"delete"})
    assert sorted(change.fixed_body["operation"] for change in many) == sorted(documented)
    assert fields - set(shapes["schemas"]["ErrorUpdateRequest"]) == set()


@pytest.mark.parametrize(("operation", "schema"), BODIES.items())
def test_each_other_body_has_documented_fields_and_all_that_are_required(
    operation: str, schema: str, shapes: dict[str, Any]
) -> None:
    documented = shapes["schemas"][schema]
    entry = BY_ID[operation]
    ours = {field.wire for field in entry.fields if field.travels is In.BODY}
    certain = {name for name, info in entry.params.model_fields.items() if info.is_required()}
    certain |= set(getattr(entry.scope, "kept", ()))

    assert ours - set(documented) == set()
    assert {name for name, rule in documented.items() if rule["required"]} - certain == set()


def test_every_documented_type_of_project_can_be_made(shapes: dict[str, Any]) -> None:
    assert set(get_args(ProjectType)) == set(shapes["enums"]["ProjectType"])


def test_a_reopen_rule_has_the_documented_fields_and_kinds(shapes: dict[str, Any]) -> None:
    assert set(ReopenRule.model_fields) == set(shapes["schemas"]["ErrorUpdateReopenRules"])
    assert set(COMPANIONS) == set(shapes["enums"]["ErrorUpdateReopenRulesReopenIfEnum"])


def test_the_filter_keys_known_without_asking_are_the_documented_ones(shapes: dict[str, Any]) -> None:
    assert set(DEFAULT_FIELDS) == set(shapes["default_filter_keys"])
    assert len(DEFAULT_FIELDS) == 36
