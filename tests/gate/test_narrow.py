"""What of an answer is not the agent's is dropped, and so is what would tell of it (THREATS rows 14 and 20)."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from msgspec import structs

from crashgate.gate.call import Ask
from crashgate.gate.narrowing import NOWHERE, narrow
from crashgate.model.field_table import declared_fields
from crashgate.model.result import Page, Result
from crashgate.policy.decision import Place
from crashgate.providers.browserstack.sessions import GET_SESSION, GetSession, SessionWithTraces
from crashgate.providers.bugsnag.projects import LIST_PROJECTS
from crashgate.providers.devrev.sessions import LIST_SESSIONS, Session, SessionFilters
from tests.catalogue import OPERATIONS
from tests.gate.gate import ACME, ANDROID, IOS, PAYMENTS, open_gate, policy, principal
from tests.gate.gate import ok as answer
from tests.rows import read_row

STAGING = Place(names=frozenset({"staging"}))


@pytest.mark.ablation("places that are not open are dropped from a list of places", "the total of places is not told")
@pytest.mark.threats(14, 20)
async def test_a_list_of_projects_holds_those_that_are_open_and_no_total() -> None:
    grants = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-*"]\naccess.project = "read"\n'
    opened = open_gate(policy(grants))
    rows = [{"id": each.id, "slug": each.slug} for each in (IOS, ANDROID, PAYMENTS)]
    opened.upstream.answers[f"/organizations/{ACME}/projects"] = lambda _: answer(rows, **{"x-total-count": "3"})
    ask = Ask(
        principal=principal(),
        tool="list_projects",
        operation=LIST_PROJECTS,
        connection="bugsnag",
        arguments={"organization_id": "acme"},
    )
    page = (await opened.gateway.run(ask)).page

    assert ([row.slug for row in page.rows], page.total) == (["checkout-ios", "checkout-android"], None)


@pytest.mark.ablation("rows of other platforms are dropped")
@pytest.mark.threats(14)
def test_sessions_of_another_platform_are_dropped_with_the_total() -> None:
    here, elsewhere, unsaid = (
        read_row(Session, {"session_id": f"run-{platform}", "platform": platform})
        for platform in ("android", "ios", None)
    )
    params = SessionFilters(app_id="com.acme.checkout", platform="android")
    page = Page(rows=(here, elsewhere, unsaid), total=3)

    assert narrow(LIST_SESSIONS, page, params=params, home=None, allowed=lambda _: True) == Page(
        rows=(here, unsaid), dropped=1
    )


def test_each_environment_is_asked_for_once_however_many_traces_are_in_it() -> None:
    names = ("staging", "production", None, "staging", "production", None)
    traces = [{"id": f"trace-{number}", "environment": name} for number, name in enumerate(names)]
    session = read_row(SessionWithTraces, {"id": "chat", "environment": "staging", "traces": traces})
    params, asked = GetSession(session_id="chat"), list[Place]()

    def allowed(place: Place) -> bool:
        asked.append(place)
        return place == STAGING

    page = narrow(GET_SESSION, Page(rows=(session,)), params=params, home=None, allowed=allowed)

    assert page == Page(rows=(structs.replace(session, traces=(session.traces[0], session.traces[3])),))
    # The last one is whether all are open, for the total.
    assert asked == [STAGING, Place(names=frozenset({"production"})), NOWHERE, NOWHERE]


def parts(result: type[Result], above: str = "") -> Iterator[tuple[str, type[Result]]]:
    """The models inside a model, by the path of the field that holds each."""
    for each in declared_fields(result):
        for inside in models(each.kind):
            yield f"{above}{each.name}", inside
            yield from parts(inside, f"{above}{each.name}.")


def models(annotation: Any) -> Iterator[type[Result]]:  # noqa: ANN401 - a type, whatever it is
    if isinstance(annotation, type) and issubclass(annotation, Result):
        yield annotation
    for each in get_args(annotation):
        yield from models(each)


@pytest.mark.threats(20)
def test_what_lies_within_a_row_and_names_a_place_of_its_own_is_checked_by_its_scope() -> None:
    names = {"project_id", "organization_id", "environment", "app_id", "platform"}
    found = {
        (operation.id, path): getattr(operation.scope, "parts", None)
        for operation in OPERATIONS
        for path, inside in parts(operation.result)
        if names & set(inside.__struct_fields__)
    }

    assert found == {("browserstack.sessions.get", "traces"): "traces"}
