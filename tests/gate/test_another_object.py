"""An upstream that answers about something else than what was asked for decides and shows nothing (THREATS row 42)."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from msgspec import structs

from crashgate.audit.record import Ending
from crashgate.errors import Code
from crashgate.gate.narrowing import narrow
from crashgate.model.message import Request, Response
from crashgate.model.operation import AnyOperation, Shape
from crashgate.model.params import In
from crashgate.model.result import Page
from tests.catalogue import OPERATIONS
from tests.gate.asks import good_ask
from tests.gate.gate import ANDROID, IOS, PlayedUpstream, ok, open_gate, policy
from tests.house import everything
from tests.rows import read_row, sources

GRANTS = (
    '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\n'
    'access.error = "full"\naccess.comment = "full"\naccess.event = "read"\n'
)
ERROR = {"project_id": IOS.id, "error_id": IOS.error}
OTHER = "5f00000000000000000000ff"
ONE = [each for each in OPERATIONS if each.shape is Shape.ONE and each.method is not None]


def _with(changes: dict[str, Any]) -> PlayedUpstream:
    upstream = open_gate(policy(GRANTS)).upstream
    upstream.answers[f"/projects/{IOS.id}/errors/{IOS.error}"] = lambda _: ok(
        {"id": IOS.error, "project_id": IOS.id, "status": "open", "message": "boom", **changes}
    )
    return upstream


def test_every_answer_that_gives_back_the_id_it_was_asked_for_is_compared_with_it() -> None:
    # What is made new has no id yet, and what is named in a body is not what the answer is about.
    unnamed = [
        each.id
        for each in ONE
        if "id" in each.result.__struct_fields__
        and "id" not in each.named.values()
        and any(field.name.endswith("_id") and field.travels is In.PATH for field in each.fields)
    ]

    # The first two make something; the latest event is known by its error.
    assert unnamed == ["bugsnag.projects.create", "bugsnag.comments.create", "bugsnag.events.get_latest"]


@pytest.mark.ablation("an answer about another object is withheld")
@pytest.mark.threats(42)
@pytest.mark.parametrize("operation", [each for each in ONE if each.named], ids=lambda each: each.id)
def test_an_answer_about_another_object_is_withheld(operation: AnyOperation) -> None:
    params = operation.params.model_validate(good_ask(operation).arguments)
    right: dict[str, Any] = {field: getattr(params, name) for name, field in operation.named.items()}
    (name,) = sources(operation.result)["id"] if "id" in operation.result.__struct_fields__ else ("id",)
    given = structs.replace(read_row(operation.result, {name: OTHER}), **right)
    for field in right:
        wrong = structs.replace(given, **{field: OTHER})
        page = narrow(operation, Page(rows=(wrong,)), params=params, home=None, allowed=lambda _: True)
        assert (page.rows, page.dropped) == ((), 1), field
    kept = narrow(operation, Page(rows=(given,)), params=params, home=None, allowed=lambda _: True)
    assert len(kept.rows) == 1


@pytest.mark.threats(42)
async def test_an_error_that_was_not_asked_for_is_refused_and_the_outcome_says_so() -> None:
    gate = open_gate(policy(GRANTS), upstream=_with({"id": OTHER}))
    answer = await gate.call("get_error", ERROR)

    assert (answer.error, "boom" in answer.text) == (Code.NOT_AVAILABLE, False)
    assert gate.log.outcomes[-1].result is Ending.WITHHELD
    assert "or about something else, and was not shown" in gate.log.sentences[-1]


@pytest.mark.ablation("a row whose place cannot be read is in no place")
@pytest.mark.threats(42)
@pytest.mark.parametrize("place", [404, "checkout-ios", ["5f"], {}, ANDROID.id, "", True])
async def test_a_row_whose_place_cannot_be_read_is_not_shown(place: object) -> None:
    gate = open_gate(policy(GRANTS), upstream=_with({"project_id": place}))
    rows = [{"id": IOS.error, "project_id": place}]
    gate.upstream.answers[f"/projects/{IOS.id}/errors"] = lambda _: ok(rows)
    one, listed = await gate.call("get_error", ERROR), await gate.call("list_errors", {"project_id": IOS.id})

    assert one.error is Code.NOT_AVAILABLE
    assert (listed.content["errors"], gate.log.outcomes[-1].dropped) == ([], 1)


@pytest.mark.parametrize("identifier", ["order-\u202efdp.exe", "a\u200bb", "Sitzung 1 \u00fc"])
async def test_an_object_whose_id_is_cleaned_in_its_answer_is_the_one_asked_for(identifier: str) -> None:
    gate = open_gate(policy(everything("browserstack"), connections=("browserstack",)), connections=("browserstack",))
    gate.upstream.answers[f"/api/public/sessions/{quote(identifier, safe='')}"] = lambda _: ok(
        {"id": identifier, "environment": "staging", "traces": []}
    )

    assert (await gate.call("get_session", {"session_id": identifier})).error is None


@pytest.mark.ablation("a look-up that answers about another session decides nothing")
@pytest.mark.threats(42)
async def test_nothing_is_added_to_a_session_whose_look_up_answers_about_another() -> None:
    # Guards: the comparison in Places.find; an answer about another id is not "there is none".
    grants = everything("browserstack").replace('["*"]', '["staging"]')
    gate = open_gate(policy(grants, connections=("browserstack",)), connections=("browserstack",))
    ask = next(good_ask(each) for each in OPERATIONS if each.id == "browserstack.sessions.create")

    def another(_: Request) -> Response:
        return Response(status=200, headers={}, body=json.dumps({"id": "another", "traces": []}).encode())

    wanted = {**ask.arguments, "environment": "staging"}
    gate.upstream.answers[f"/api/public/sessions/{wanted['session_id']}"] = another
    answer = await gate.call("create_session", wanted)

    assert answer.error is Code.NOT_AVAILABLE, answer.text
    assert [line for line in gate.upstream.lines if line.startswith("POST")] == []
    assert gate.log.decisions[-1].reason == "undecided"


@pytest.mark.ablation("a look-up that answers about another object finds nothing")
@pytest.mark.threats(42)
async def test_an_object_that_is_not_among_those_that_are_there_is_not_there() -> None:
    # Guards: ``row.id == wanted`` in Places.has_object; a comment is looked for in the list of its error's comments.
    gate = open_gate(policy(GRANTS))
    answer = await gate.call("delete_comment", {**ERROR, "comment_id": ANDROID.comment})

    assert answer.error is Code.NOT_AVAILABLE
    assert [line for line in gate.upstream.lines if line.startswith("DELETE")] == []
    assert gate.log.decisions[-1].reason == "no_such_object"
