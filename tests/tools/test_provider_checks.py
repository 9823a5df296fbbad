"""Every provider of ours passes the checks, and each check finds what it is there to find."""

from dataclasses import replace
from typing import Any

import pytest

from crashgate.errors import Code, UpstreamError
from crashgate.model.message import Response
from crashgate.model.operation import AnyOperation
from crashgate.model.provider import HealthRead, PlaceLookUp, Provider, Wire
from crashgate.model.result import Result
from crashgate.model.scope import PROJECT
from crashgate.model.tool import Always, Tool
from crashgate.tools.provider_checks import check_provider
from crashgate.views.rows import rows
from tests.catalogue import CATALOGUE, PROVIDERS, UPSTREAMS

BUGSNAG = PROVIDERS["bugsnag"]
PULSE = PROVIDERS["bugspulse"]
LISTING = PULSE.by_id["bugspulse.sessions.list"]


class Careless(Wire):
    """Repeats what upstream says, and takes a full limit for a success."""

    def headers(self, *, with_body: bool) -> dict[str, str]:
        return {"body": str(with_body)}

    def failure(self, response: Response, operation: AnyOperation) -> UpstreamError | None:
        del operation
        return None if response.status == 429 else UpstreamError(response.body.decode(), code=Code.UPSTREAM_REJECTED)


def problems(provider: Provider, **changes: Any) -> str:  # noqa: ANN401 - any field of a provider
    return "\n".join(check_provider(replace(provider, **changes)))


@pytest.mark.parametrize("name", UPSTREAMS)
def test_nothing_is_wrong_with_a_provider_of_ours(name: str) -> None:
    assert check_provider(PROVIDERS[name], beside=CATALOGUE) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"title": " "}, "It has no title"),
        ({"default_url": "http://api.example.com"}, "Its default URL is not an https address."),
        ({"tools": ()}, "It has no tools"),
        ({"wire": None}, "it has no wire"),
        ({"health": None}, "names no health read"),
        ({"health": HealthRead(tool="list_nothing", arguments={}, grant="")}, "which the provider does not have"),
        ({"health": replace(PULSE.health, arguments={"rows": 1})}, "The arguments of the health read are not"),  # type: ignore[type-var]  # it has one
        ({"lookups": {PROJECT: PlaceLookUp(operation=LISTING, parameter="project_id")}}, "gives project_id, which"),
        ({"tools": (replace(PULSE.tools[0], example={"surprise": 1}),)}, "name what it does not take: surprise"),
        ({"tools": BUGSNAG.tools}, "asks what is not among the provider's operations"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_is_wrong_is_told(changes: dict[str, Any], told: str) -> None:
    assert told in problems(PULSE, **changes)


def test_a_wire_that_repeats_the_upstream_or_hides_a_failure_is_found() -> None:
    found = problems(PULSE, wire=Careless)

    assert "bugspulse.sessions.list: the error for status 403 repeats text of the upstream." in found
    assert "bugspulse.sessions.list: an answer with status 429 is not an error." in found


def test_a_place_of_two_names_needs_a_look_up() -> None:
    assert "project_id names a place with two names (project) that has no look-up." in problems(BUGSNAG, lookups={})


def test_a_tool_that_could_not_be_one_with_another_providers_is_found() -> None:
    sessions = next(each for each in PULSE.tools if each.name == "list_sessions")
    other = replace(PULSE, tools=(replace(sessions, holds=("sessions", "object")),))

    assert "bugspulse" in "".join(check_provider(other, beside=CATALOGUE))
    assert "answer in different forms" in "".join(check_provider(other, beside=CATALOGUE))


class Unmarked(Result):
    """A row without a mark on any field."""

    id: str


def test_a_tool_whose_rows_would_be_empty_is_refused_at_import() -> None:
    listing = replace(LISTING, result=Unmarked)

    with pytest.raises(ValueError, match="list_things: no field of Unmarked is marked ROW"):
        Tool(
            name="list_things",
            title="List things",
            description="Things.",
            choice=Always(operation=listing),
            view=rows("things"),
            holds=("things", "array"),
        )
