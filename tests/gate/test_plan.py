"""The plan, driven by hand: what it needs, in which order, and what follows from the answers."""

from crashgate.gate.argument_defaults import question_for
from crashgate.gate.call import Ask
from crashgate.gate.case import CallState
from crashgate.gate.needs import ChargeCall, Need, NeedPlace
from crashgate.gate.places import Found
from crashgate.gate.plan import ask, plan
from crashgate.gate.verdict import Reason, Verdict
from crashgate.model.scope import PROJECT
from crashgate.policy.decision import Effect
from crashgate.policy.policy import Policy
from tests.catalogue import BY_ID
from tests.gate.asks import good_ask
from tests.gate.gate import ACME, IOS, policy

READ_IOS = policy('[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\naccess.error = "read"\n')
HERE = Found(id=IOS.id, slug="checkout-ios", organization=ACME)


def _call(operation: str) -> CallState:
    return CallState(ask=good_ask(BY_ID[operation]), policy=None)


def _drive(held: Policy | None, call: CallState, *answers: object) -> tuple[list[Need], Verdict]:
    """What was needed, and the verdict; ``answers`` are to what follows the charge."""
    asking, needs, left = plan(held, call), list[Need](), [None, *answers]
    try:
        needs.append(next(asking))
        while True:
            needs.append(asking.send(left.pop(0)))
    except StopIteration as end:
        return needs, end.value


def test_a_call_is_charged_before_its_project_and_its_object_are_looked_up() -> None:
    call = _call("bugsnag.errors.get")

    needs, verdict = _drive(READ_IOS, call, HERE)

    assert needs == [ChargeCall(), NeedPlace(dimension=PROJECT, name="checkout-ios")]
    assert (verdict.effect, call.project) == (Effect.ALLOW, HERE)


def test_what_no_grant_allows_needs_nothing() -> None:
    needs, verdict = _drive(READ_IOS, _call("bugsnag.errors.delete"))

    assert (needs, verdict.effect) == ([], Effect.DENY)


def test_a_project_that_is_not_there_is_refused() -> None:
    _, verdict = _drive(READ_IOS, _call("bugsnag.errors.get"), None)

    assert (verdict.effect, verdict.reason) == (Effect.DENY, Reason.NO_SUCH_PROJECT)


def test_faults_are_told_to_an_agent_that_could_call_and_are_not_charged() -> None:
    operation = BY_ID["bugsnag.errors.get"]
    wrong = Ask(principal=good_ask(operation).principal, tool=None, operation=operation, connection="bugsnag")

    told = _drive(READ_IOS, CallState(ask=wrong, policy=None))
    hidden = _drive(None, CallState(ask=wrong, policy=None))

    assert [(needs, verdict.effect, verdict.fault is not None) for needs, verdict in (told, hidden)] == [
        ([], Effect.DENY, True),
        ([], Effect.DENY, False),
    ]


def test_what_is_unknown_offline_depends() -> None:
    held = policy('[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-*"]\naccess.error = "read"\n')
    operation = BY_ID["bugsnag.errors.get"]
    question = question_for(held.agent, "bugsnag", operation, operation.access)

    assert ask(held, operation, question).effect is Effect.DEPENDS
