"""The one door: decide, record, send, narrow, record; and an error anywhere denies (THREATS rows 16, 28 and 33)."""

from functools import partial
from typing import Any

import pytest

from crashgate.audit.record import DecisionRecord, Effect, Ending, OutcomeRecord, Purpose, Record
from crashgate.errors import Code, CrashgateError, NotAvailableError
from crashgate.gate import gateway, projection
from crashgate.gate.call import Ask
from crashgate.gate.case import CallState
from crashgate.gate.places import Asker, Found, LookUp, Places
from crashgate.model.message import Request, Response
from crashgate.model.provider import Provider
from crashgate.policy.policy import PolicySet
from crashgate.providers.bugsnag.errors import LIST_ERRORS
from crashgate.providers.bugsnag.events import GET_EVENT, GET_LATEST_EVENT
from crashgate.upstream.client import Call, Trace, Upstream, exchange
from tests.catalogue import OPERATIONS
from tests.gate.asks import good_ask
from tests.gate.gate import AGENT, IOS, PAYMENTS, Gate, ok, open_gate, policy, principal
from tests.held_clock import HeldClock
from tests.house import everything
from tests.tools.played import open_played

GRANTS = (
    '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\n'
    'access.error = "write"\naccess.event = "read"\naccess.project = "read"\n'
)


def gate() -> Gate:
    return open_gate(policy(GRANTS))


def _ask(operation: Any = LIST_ERRORS, **arguments: object) -> Ask:  # noqa: ANN401 - any operation
    return Ask(
        principal=principal(),
        tool="a_tool",
        operation=operation,
        connection="bugsnag",
        arguments={"project_id": "checkout-ios", **arguments},
    )


def _told(opened: Gate) -> list[tuple[str, ...]]:
    """Each record in short."""
    return [
        (record.purpose.value, record.operation or "", record.effect.value, record.reason)
        if isinstance(record, DecisionRecord)
        else (record.result.value, str(record.status), str(record.requests))
        for record in opened.log.records
        if isinstance(record, DecisionRecord | OutcomeRecord)
    ]


@pytest.mark.ablation(
    "the decision is stored before anything is sent",
    "an answered call has an outcome",
    "a slug becomes the id before the request is built",
)
async def test_a_call_is_decided_recorded_sent_and_recorded_in_this_order() -> None:
    opened = gate()
    at_sending: list[int] = []

    def answer(_: Request) -> Response:
        at_sending.append(len(opened.log.records))
        return ok([])

    opened.upstream.answers[f"/projects/{IOS.id}/errors"] = answer
    await opened.gateway.run(_ask())

    assert _told(opened) == [
        ("lookup", "bugsnag.projects.get", "allow", "look_up"),
        ("answered", "200", "1"),
        ("call", "bugsnag.errors.list", "allow", "granted"),
        ("answered", "200", "1"),
    ]
    assert at_sending == [3]
    assert opened.upstream.lines == ["GET /projects/checkout-ios", f"GET /projects/{IOS.id}/errors"]


async def test_a_look_up_names_the_call_that_needed_it() -> None:
    opened = gate()
    await opened.gateway.run(_ask())

    look_up, call = opened.log.decisions
    assert (look_up.purpose, look_up.parent, call.purpose, call.parent) == (
        Purpose.LOOKUP,
        call.call,
        Purpose.CALL,
        None,
    )


@pytest.mark.ablation("what the policy refuses is refused")
async def test_a_refused_delete_sends_nothing() -> None:
    opened = gate()
    answer = await opened.call("delete_error", {"project_id": IOS.id, "error_id": IOS.error})

    assert answer.error is Code.NOT_AVAILABLE
    assert opened.upstream.received == []
    assert _told(opened) == [("call", "bugsnag.errors.delete", "deny", "level_too_low")]


async def test_a_refused_project_is_only_looked_up() -> None:
    opened = gate()
    with pytest.raises(NotAvailableError):
        await opened.gateway.run(_ask(project_id="payments-api"))

    assert opened.upstream.lines == ["GET /projects/payments-api"]
    assert opened.log.decisions[-1].reason == "outside_scope"


@pytest.mark.ablation("where the log is kept is not told to agents")
@pytest.mark.threats(28)
@pytest.mark.parametrize("kind", [DecisionRecord, OutcomeRecord])
async def test_without_a_record_nothing_is_answered(kind: type[Record]) -> None:
    opened = gate()
    opened.log.refuse = lambda record: isinstance(record, kind)
    answer = await opened.call("list_errors", {"project_id": IOS.id})

    assert answer.error is Code.LOG_UNAVAILABLE
    assert answer.text == (
        "The decision log cannot store a record. The disk is full. Tell the operator of crashgate."
        " Your policy belongs to owner@example.com."
    )
    assert opened.upstream.received == [] if kind is DecisionRecord else len(opened.upstream.received) == 1


@pytest.mark.ablation("without a record nothing is sent")
@pytest.mark.threats(28)
@pytest.mark.parametrize("tool", ["list_errors", "resolve_error", "get_event"])
async def test_a_decision_that_cannot_be_stored_sends_nothing(tool: str) -> None:
    # Guards: that Ledger.decided comes before exchange, for the call as for each of its look-ups.
    for stored_before in range(4):
        opened = gate()
        opened.log.refuse = lambda record, log=opened.log, most=stored_before: (  # type: ignore[misc]  # forbidden on purpose - forbidden on purpose
            isinstance(record, DecisionRecord) and len(log.decisions) >= most
        )
        await opened.call(tool, {"project_id": IOS.id, **({} if tool == "list_errors" else {"error_id": IOS.error})})

        assert len(opened.upstream.received) == len(opened.log.decisions) <= stored_before


@pytest.mark.threats(28)
async def test_a_refusal_that_cannot_be_stored_says_that_the_log_is_the_matter() -> None:
    opened = gate()
    opened.log.refuse = lambda _: True

    for arguments in ({"project_id": IOS.id, "error_id": IOS.error}, {"error_id": "no id"}):
        assert (await opened.call("delete_error", arguments)).error is Code.LOG_UNAVAILABLE
    assert (await opened.call("no_such_tool")).error is Code.LOG_UNAVAILABLE


class _BrokenPlaces(Places):
    """Finds a defect instead of a project."""

    async def project(
        self, provider: Provider, asker: Asker, ref: str, look_up: LookUp, *, with_organization: bool = False
    ) -> Found | None:
        del provider, asker, ref, look_up, with_organization
        raise ZeroDivisionError("secret detail")


@pytest.mark.ablation("a defect before the decision is recorded as a denial")
@pytest.mark.threats(33)
async def test_a_defect_in_the_gate_denies_and_is_recorded() -> None:
    # Guards: the last except in Gateway._admitted.
    opened = open_gate(policy(GRANTS), places=_BrokenPlaces(HeldClock()))
    with pytest.raises(CrashgateError, match="crashgate itself failed") as told:
        await opened.gateway.run(_ask())

    assert "secret detail" not in str(told.value)
    assert opened.upstream.received == []
    assert _told(opened) == [("call", "bugsnag.errors.list", "deny", "internal")]
    assert "the gate itself failed. Nothing was sent." in opened.log.sentences[0]


@pytest.mark.threats(33)
async def test_a_policy_that_is_not_the_agents_denies() -> None:
    # Guards: the check in decide; a source that mixes agents up must not open anything.
    opened = gate()

    class _Mixed(PolicySet):
        def __getitem__(self, agent: str) -> Any:  # noqa: ANN401 - a policy of somebody else
            return policy(GRANTS, agent="somebody-else")

        def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401, ARG002 - the same
            return self[key]

    opened.policies.policies = _Mixed()
    answer = await opened.call("list_errors", {"project_id": IOS.id})

    assert answer.error is Code.NOT_AVAILABLE
    assert opened.upstream.received == []
    assert [(each.effect, each.reason) for each in opened.log.decisions] == [(Effect.DENY, "internal")]


@pytest.mark.ablation("a broken source of policies opens nothing")
@pytest.mark.threats(33)
@pytest.mark.parametrize("tool", ["my_access", "list_errors", "delete_error", "no_such_tool"])
async def test_a_broken_policy_source_denies_and_is_recorded(tool: str) -> None:
    # Guards: that the policy is read inside the try of Gateway._admitted.
    opened = gate()
    opened.policies.broken = RuntimeError("secret detail")
    answer = await opened.call(tool, {"project_id": IOS.id})

    assert (answer.error, "secret detail" in answer.text) == (Code.INTERNAL, False)
    assert opened.toolbox.listed(AGENT) == ()
    assert opened.upstream.received == []
    assert [(each.effect, each.reason, each.tool) for each in opened.log.decisions] == [(Effect.DENY, "internal", tool)]


@pytest.mark.ablation("a defect after the decision is recorded")
@pytest.mark.threats(33)
async def test_a_defect_after_the_decision_is_recorded_as_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    # Guards: the last except in Gateway._carried_out.
    opened = gate()

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    await opened.gateway.run(_ask())
    monkeypatch.setattr(projection, "narrow", broken)
    with pytest.raises(CrashgateError, match="crashgate itself failed"):
        await opened.gateway.run(_ask())

    assert (opened.log.outcomes[-1].result, opened.log.outcomes[-1].error) == (Ending.FAILED, Code.INTERNAL)
    assert (opened.log.outcomes[-1].requests, opened.log.outcomes[-1].status) == (1, 200)


@pytest.mark.threats(16)
@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.method], ids=lambda each: each.id)
async def test_what_was_decided_and_recorded_is_the_very_object_that_is_sent(
    operation: Any,  # noqa: ANN401 - any operation
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Guards: that nobody reads the arguments a second time between the decision and the request.
    connection = operation.provider
    grants = policy(everything(operation.provider), connections=(connection,))
    opened = open_played(grants, connections=(connection,))
    recorded: dict[str, object] = {}
    sent: list[object] = []
    decided = opened.ledger.decided

    async def seen(case: CallState, ruling: Any) -> Any:  # noqa: ANN401 - the ledger's own types
        recorded[operation.id if case.parent is None else case.id] = case.params
        return await decided(case, ruling)

    async def sending(upstream: Upstream, call: Call[Any, Any], trace: Trace) -> Any:  # noqa: ANN401 - any page
        sent.append(call.params)
        return await exchange(upstream, call, trace)

    monkeypatch.setattr(opened.ledger, "decided", seen)
    monkeypatch.setattr(gateway, "exchange", sending)
    await opened.gateway.run(good_ask(operation))

    assert sent[-1] is recorded[operation.id]
    assert {id(each) for each in sent} == {id(each) for each in recorded.values()}


@pytest.mark.threats(13)
async def test_a_slug_becomes_the_id_before_the_request_is_built() -> None:
    opened = gate()
    await opened.gateway.run(_ask(project_id="checkout-ios"))

    assert opened.upstream.lines[-1] == f"GET /projects/{IOS.id}/errors"
    assert (opened.log.decisions[-1].project, opened.log.decisions[-1].project_slug) == (IOS.id, "checkout-ios")


@pytest.mark.ablation("a look-up that answers about another project finds nothing")
@pytest.mark.threats(14)
async def test_a_look_up_that_answers_about_another_project_finds_nothing() -> None:
    # Guards: the comparison in Places.project; the answer would decide for the wrong project.
    opened = gate()
    body = ok({"id": PAYMENTS.id, "slug": "payments-api"})
    opened.upstream.answers["/projects/checkout-ios"] = lambda _: body
    with pytest.raises(NotAvailableError):
        await opened.gateway.run(_ask())

    assert opened.log.decisions[-1].reason == "no_such_project"


def _given(answer: Response, _: Request) -> Response:
    return answer


@pytest.mark.ablation("a look-up that answers about another object finds nothing")
@pytest.mark.threats(14)
async def test_a_look_up_of_an_error_that_answers_about_another_finds_nothing() -> None:
    # Guards: the comparison in Places.has_object.
    for answer in (
        {"id": PAYMENTS.error, "project_id": IOS.id},
        {"id": IOS.error, "project_id": PAYMENTS.id},
    ):
        opened = gate()
        opened.upstream.answers[f"/projects/{IOS.id}/errors/{IOS.error}"] = partial(_given, ok(answer))
        with pytest.raises(NotAvailableError):
            await opened.gateway.run(_ask(GET_LATEST_EVENT, error_id=IOS.error))
        assert opened.log.decisions[-1].reason == "no_such_object"


@pytest.mark.ablation("an object out of scope is withheld")
@pytest.mark.threats(14)
@pytest.mark.parametrize(
    "event",
    [
        {"id": IOS.event, "project_url": f"https://api.bugsnag.com/projects/{PAYMENTS.id}"},
        {"id": IOS.event, "error_id": PAYMENTS.error, "project_url": f"https://api.bugsnag.com/projects/{IOS.id}"},
    ],
)
async def test_the_latest_event_of_something_else_is_withheld(event: dict[str, str]) -> None:
    # Guards: narrow for operations whose path names an error alone.
    opened = gate()
    opened.upstream.answers[f"/errors/{IOS.error}/latest_event"] = lambda _: ok(event)
    with pytest.raises(NotAvailableError):
        await opened.gateway.run(_ask(GET_LATEST_EVENT, error_id=IOS.error))

    assert opened.log.outcomes[-1].result is Ending.WITHHELD


@pytest.mark.ablation(
    "answers are narrowed", "rows of other projects are dropped", "the total goes with what is dropped"
)
@pytest.mark.threats(20)
async def test_rows_of_other_projects_are_dropped_with_the_total() -> None:
    opened = gate()
    rows = [{"id": IOS.error, "project_id": IOS.id}, {"id": PAYMENTS.error, "project_id": PAYMENTS.id}]
    opened.upstream.answers[f"/projects/{IOS.id}/errors"] = lambda _: ok(rows, **{"x-total-count": "2"})
    reply = await opened.gateway.run(_ask())

    assert ([row.id for row in reply.page.rows], reply.page.total, reply.page.dropped) == ([IOS.error], None, 1)
    assert (opened.log.outcomes[-1].rows, opened.log.outcomes[-1].dropped) == (1, 1)


async def test_an_operation_of_another_provider_has_no_connection_there() -> None:
    opened = gate()
    ask = Ask(
        principal=principal(), tool="a_tool", operation=GET_EVENT, connection="crashgate", arguments={"project_id": "x"}
    )
    with pytest.raises(NotAvailableError):
        await opened.gateway.run(ask)

    assert opened.log.decisions[-1].reason == "unknown_connection"


async def test_each_call_is_decided_by_the_policy_in_force_then() -> None:
    opened = gate()
    await opened.gateway.run(_ask())
    opened.policies.policies = PolicySet([policy("")])
    with pytest.raises(NotAvailableError):
        await opened.gateway.run(_ask())

    hashes = [each.policy_hash for each in opened.log.decisions if each.parent is None]
    assert len(set(hashes)) == 2
    assert opened.log.decisions[-1].agent == AGENT
