"""States that a client carries for an approval: good for one request and one principal (THREATS rows 3 and 22)."""

from dataclasses import replace
from typing import Any

import pytest

from crashgate.identity import Principal, Via
from crashgate.tools.approval_state import LONGEST_STATE, ApprovalStates
from tests.held_clock import HeldClock
from tests.storage.test_approval_store import NOW, REQUEST

AGENT = Principal(agent="triage-agent", via=Via.HTTP, subject="a1")


def states(clock: HeldClock | None = None, key: bytes = b"k" * 16) -> ApprovalStates:
    return ApprovalStates(clock or HeldClock(), key=key)


def test_a_state_fits_what_it_was_sealed_for() -> None:
    state = states().seal(REQUEST, AGENT)

    assert states().fits(state, REQUEST, AGENT)
    assert len(state) <= LONGEST_STATE
    assert state != states().seal(REQUEST, AGENT)


@pytest.mark.ablation("a state of an approval is of its request")
@pytest.mark.threats(3, 22)
@pytest.mark.parametrize(
    "other", [{"id": "another"}, {"digest": "0" * 64}, {"policy_hash": "0" * 64}], ids=lambda other: next(iter(other))
)
def test_it_fits_no_other_request(other: dict[str, Any]) -> None:
    state = states().seal(REQUEST, AGENT)

    assert not states().fits(state, replace(REQUEST, **other), AGENT)


@pytest.mark.ablation("a state of an approval is of its principal")
@pytest.mark.threats(3, 22)
@pytest.mark.parametrize("other", [{"agent": "another"}, {"subject": "b2"}, {"via": Via.STDIO}])
def test_it_fits_no_other_principal(other: dict[str, Any]) -> None:
    state = states().seal(REQUEST, AGENT)

    assert not states().fits(state, REQUEST, replace(AGENT, **other))


@pytest.mark.ablation("a state of an approval expires")
@pytest.mark.threats(22)
def test_it_expires_with_its_request() -> None:
    clock = HeldClock()
    state = states(clock).seal(REQUEST, AGENT)
    left = (REQUEST.expires - NOW).total_seconds()

    clock.passed = left - 0.001
    assert states(clock).fits(state, REQUEST, AGENT)
    clock.passed = left
    assert not states(clock).fits(state, REQUEST, AGENT)


@pytest.mark.threats(3)
@pytest.mark.parametrize("state", ["", "x", "é", "A" * 10_000, "====", "AAAA" * 12])
def test_what_is_no_state_fits_nothing(state: str) -> None:
    assert not states().fits(state, REQUEST, AGENT)


@pytest.mark.threats(3)
def test_another_key_or_a_changed_byte_fits_nothing() -> None:
    state = states().seal(REQUEST, AGENT)
    changed = state[:-2] + ("A" if state[-2] != "A" else "B") + state[-1]

    assert not states(key=b"j" * 16).fits(state, REQUEST, AGENT)
    assert not states().fits(changed, REQUEST, AGENT)
