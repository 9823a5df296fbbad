"""The sandbox's answers against the field names and types of the vendor's own document."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from tests.sandbox.harness import Sandbox

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
            for item in cast("list[Any]", value):
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
