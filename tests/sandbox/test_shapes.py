"""The sandbox's answers against the field names and types of the vendor's own document."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from crashgate_sandbox.bugsnag.call import Manners
from crashgate_sandbox.world.accounts import team_id
from tests.sandbox.harness import Sandbox, Start

PROJECTS = (
    "checkout-ios",
    "checkout-android",
    "checkout-web",
    "payments-api",
    "identity-service",
    "storefront-web",
    "warehouse-scanner",
)


class Shapes:
    """Checks values against the document's types and remembers which fields it met."""

    def __init__(self, loaded: Any) -> None:  # noqa: ANN401 - JSON
        self.schemas: dict[str, dict[str, dict[str, Any]]] = loaded["schemas"]
        self.enums: dict[str, list[str]] = loaded["enums"] | {
            # The document has the same lists under other names.
            "ErrorReopenRulesReopenIfEnum": loaded["enums"]["ErrorUpdateReopenRulesReopenIfEnum"],
            "EventFieldMatchTypesEnum": loaded["enums"]["FilterMatchType"],
        }
        self.met: set[tuple[str, str]] = set()
        self.wrong: set[str] = set()

    def check(self, schema: str, value: Any, *, lenient: frozenset[str] = frozenset()) -> None:  # noqa: ANN401 - JSON
        """A whole object. ``lenient`` are required fields that the live service is known to leave out."""
        for name, rule in self.schemas[schema].items():
            if name in value:
                self._value(f"{schema}.{name}", rule["type"], value[name])
                if value[name] is not None:
                    self.met.add((schema, name))
            elif rule["required"] and name not in lenient:
                self.wrong.add(f"{schema}.{name} is missing")

    def _value(self, where: str, kind: str, value: Any) -> None:  # noqa: ANN401 - JSON
        if value is None or kind in {"any", "any | null"}:
            return
        if kind.startswith("Array<"):
            if not isinstance(value, list):
                self.wrong.add(f"{where} is no list")
                return
            for item in cast("list[object]", value):
                self._value(f"{where}[]", kind.removeprefix("Array<").removesuffix(">"), item)
            return
        name = kind.removesuffix(" | null")
        if name in self.schemas and value != {}:
            self.check(name, value)
        elif name in self.enums:
            if value not in self.enums[name]:
                self.wrong.add(f"{where} is {value!r}")
        elif not self._plain(name, value):
            self.wrong.add(f"{where} is {value!r}, not {kind}")

    def _plain(self, kind: str, value: Any) -> bool:  # noqa: ANN401 - JSON
        match kind:
            case "string" | "Date":
                return isinstance(value, str)
            case "boolean":
                return isinstance(value, bool)
            case "number":
                return isinstance(value, int | float) and not isinstance(value, bool)
            case "object":
                # The document says "Array<object>" of lists of strings too.
                return isinstance(value, dict | str)
            case _:
                return isinstance(value, dict)

    def assert_all(self, *names: str, never: set[tuple[str, str]] | None = None) -> None:
        """No wrong value, and each documented field was met with a value at least once."""
        assert self.wrong == set()
        documented = {(schema, field) for schema in names for field in self.schemas[schema]}
        assert documented - self.met == (never or set())


@pytest.fixture
def document(contracts: Path) -> Shapes:
    return Shapes(json.loads((contracts / "bugsnag" / "shapes.json").read_text(encoding="utf-8")))


async def test_an_organization_has_every_documented_field(sandbox: Sandbox, document: Shapes) -> None:
    for row in await sandbox.json("/user/organizations"):
        document.check("OrganizationApiView", row)
    document.assert_all("OrganizationApiView", "OrganizationApiViewAllOfCreator")


async def test_a_project_has_every_documented_field(sandbox: Sandbox, document: Shapes) -> None:
    for organization in ("acme", "globex"):
        for row in await sandbox.json(f"/organizations/{organization}/projects"):
            document.check("ProjectApiView", row)
    document.assert_all("ProjectApiView", "StabilityTarget")


async def test_an_error_has_every_documented_field(sandbox: Sandbox, document: Shapes) -> None:
    for project in PROJECTS:
        for row in await sandbox.json(f"/projects/{project}/errors?per_page=100&histogram=two_week"):
            document.check("ErrorApiView", row)
    never = {("ErrorApiView", "assigned_team_id")}
    document.assert_all(
        "ErrorApiView", "ErrorCreatedIssue", "ErrorIntroducedInRelease", "ErrorReopenRules", never=never
    )


async def test_a_short_event_has_every_documented_field(sandbox: Sandbox, document: Shapes) -> None:
    for project in PROJECTS:
        for row in await sandbox.json(f"/projects/{project}/events"):
            document.check("ElasticSearchEventApiView", row)
    document.assert_all("ElasticSearchEventApiView", "ElasticSearchEventApiViewApp")


async def test_a_full_event_has_every_documented_field(sandbox: Sandbox, document: Shapes) -> None:
    for project in PROJECTS:
        for error in (await sandbox.json(f"/projects/{project}/errors?per_page=40"))[::2]:
            event = await sandbox.json(f"/errors/{error['id']}/latest_event")
            for thrown in event["exceptions"]:
                thrown.setdefault("errorClass", thrown.pop("error_class", None))
            document.check("EventApiView", event)
    document.assert_all(
        "EventApiView",
        "EventApp",
        "EventCorrelation",
        "EventDevice",
        "EventException",
        "EventExceptionRegister",
        "EventExceptionRegisterValue",
        "EventExceptionStacktrace",
        "EventRequest",
        "EventThread",
        "EventUser",
        "CoreFrameFields",
        "Breadcrumb",
    )


async def test_a_change_of_many_errors_has_every_documented_field(sandbox: Sandbox, document: Shapes) -> None:
    answered, told = "BulkUpdateErrors200Response", "BulkUpdateErrors200Response515fb9337c1074f6fd000001"
    error = sandbox.errors("payments-api")[0].id
    path = f"/projects/payments-api/errors?error_ids[]={error}"
    team = team_id(sandbox.world.seed, sandbox.project("payments-api").organization_id)
    for body in (
        {"operation": "create_issue"},
        {"operation": "assign", "assigned_collaborator_id": sandbox.world.people[0].id},
        {"operation": "assign", "assigned_team_id": team},
        {"operation": "snooze", "reopen_rules": {"reopen_if": "occurs_after", "seconds": 60}},
        {"operation": "override_severity", "severity": "info"},
    ):
        row = (await sandbox.patch(path, body)).json()
        document.check(answered, row)
        document.check(told, row[error])
    # The document names the second field after the id of its example.
    document.assert_all(answered, told, "ErrorCreatedIssue", never={(answered, "_515fb9337c1074f6fd000001")})


async def test_a_pivot_has_every_documented_field_in_one_place_or_the_other(start: Start, document: Shapes) -> None:
    async with start() as sandbox:
        nested = await sandbox.json("/projects/checkout-web/pivots")
    async with start(manners=Manners(flat_pivots=True)) as sandbox:
        flat = await sandbox.json("/projects/checkout-web/pivots")

    for row in [*nested, *flat]:
        document.check("PivotApiView", row)
    assert [row.pop("summary") or {} for row in nested] == [
        {name: row[name] for name in ("list", "no_value", "other") if name in row} for row in flat
    ]
    # No field of ours has an average.
    document.assert_all("PivotApiView", "PivotApiViewListInner", never={("PivotApiView", "average")})


async def test_a_value_of_a_pivot_has_every_documented_field(sandbox: Sandbox, document: Shapes) -> None:
    for name in ("error", "user.id", "os.name"):
        for row in await sandbox.json(f"/projects/checkout-web/pivots/{name}/values"):
            document.check("PivotValueApiView", row)
    document.assert_all("PivotValueApiView", "PivotValueApiViewFieldsInner")


async def test_a_release_group_has_every_documented_field(sandbox: Sandbox, document: Shapes) -> None:
    for project in PROJECTS:
        for row in await sandbox.json(f"/projects/{project}/release_groups?release_stage_name=production"):
            document.check("ReleaseGroup", row)
    document.assert_all("ReleaseGroup", "ReleaseGroupSourceControl")


async def test_a_collaborator_has_every_documented_field(sandbox: Sandbox, document: Shapes) -> None:
    for path in ("/organizations/acme/collaborators", "/projects/checkout-ios/collaborators"):
        for row in await sandbox.json(path):
            document.check("CollaboratorApiView", row)
            assert set(row["project_roles"].values()) <= set(document.enums["ProjectRole"])
    document.assert_all("CollaboratorApiView")


async def test_a_saved_search_has_every_documented_field(sandbox: Sandbox, document: Shapes) -> None:
    for project in PROJECTS:
        for row in await sandbox.json(f"/projects/{project}/saved_searches"):
            document.check("SavedSearch", row)
    document.assert_all("SavedSearch")


async def test_a_comment_has_every_documented_field(sandbox: Sandbox, document: Shapes) -> None:
    for error in sandbox.errors("checkout-android"):
        for row in await sandbox.json(f"/projects/checkout-android/errors/{error.id}/comments"):
            document.check("CommentApiView", row)
    document.assert_all("CommentApiView", "User")


async def test_a_trend_bucket_has_every_documented_field(sandbox: Sandbox, document: Shapes) -> None:
    for row in await sandbox.json("/projects/checkout-ios/trend?buckets_count=7"):
        document.check("Trend1", row)
    document.assert_all("Trend1")


async def test_a_release_has_every_documented_field(sandbox: Sandbox, document: Shapes) -> None:
    for project in PROJECTS:
        for page in await sandbox.pages(f"/projects/{project}/releases?per_page=10"):
            for row in page:
                document.check("ReleaseApiView", row)
    document.assert_all("ReleaseApiView", "ReleaseApiViewReleaseStage", "ReleaseSourceControl")


async def test_the_stability_trend_has_every_documented_field(sandbox: Sandbox, document: Shapes) -> None:
    document.check("ProjectStabilityTrendApiView", await sandbox.json("/projects/checkout-ios/stability_trend"))
    document.assert_all("ProjectStabilityTrendApiView", "GenericTimelinePointWithUserSessions")


async def test_an_event_field_has_every_documented_field(sandbox: Sandbox, document: Shapes) -> None:
    for project in PROJECTS:
        for row in await sandbox.json(f"/projects/{project}/event_fields"):
            document.check("EventField", row, lenient=frozenset({"filter_options"}))
    document.assert_all("EventField", "EventFieldFilterOptions", "FilterValue", "PivotOptions")
