from dataclasses import replace

import pytest
from hypothesis import given

from crashgate.audit.attempt import Attempt, AttemptRecord
from crashgate.audit.sentence import tell_attempt
from tests.audit.samples import ATTEMPT, HOSTILE, attempts


def test_an_attempt_is_told_with_what_is_known_of_it() -> None:
    assert tell_attempt(ATTEMPT).sentence == (
        "A request over http without a valid token was refused (no token). Nothing was decided or sent."
    )
    known = replace(ATTEMPT, agent="triage-agent", what=Attempt.RATE_LIMITED, reason="calls_per_minute")
    assert tell_attempt(known).sentence == (
        "A request of triage-agent over http beyond the rate limit was refused (calls per minute). "
        "Nothing was decided or sent."
    )
    many = replace(ATTEMPT, what=Attempt.BATCH, reason="batch", count=57, until="2026-11-20T17:18:59.000Z")
    assert tell_attempt(many).sentence == (
        "A batch of messages over http was refused (batch), 57 times until 2026-11-20T17:18:59.000Z. "
        "Nothing was decided or sent."
    )


@pytest.mark.parametrize("what", Attempt)
def test_every_kind_of_attempt_has_words(what: Attempt) -> None:
    assert tell_attempt(replace(ATTEMPT, what=what)).sentence.endswith(
        "was refused (no token). Nothing was decided or sent."
    )


@pytest.mark.ablation("an attempt names only a legal agent")
@pytest.mark.threats(16, 26, 29)
@pytest.mark.parametrize(
    "change",
    [
        {"reason": HOSTILE},
        {"reason": ""},
        {"agent": HOSTILE},
        {"at": HOSTILE},
        {"until": HOSTILE},
        {"count": 0},
        {"count": 2},
    ],
)
def test_no_text_of_a_caller_fits_into_an_attempt(change: dict[str, object]) -> None:
    # Guards: the checks of AttemptRecord: there is no field that holds free text but the sentence, which we set.
    with pytest.raises(ValueError, match=r"."):
        replace(ATTEMPT, **change)  # type: ignore[arg-type]  # the point of it


@pytest.mark.threats(25)
@given(attempts())
def test_a_told_attempt_is_one_printable_line(record: AttemptRecord) -> None:
    bounded = replace(record, count=min(record.count, 10**9))
    sentence = tell_attempt(bounded).sentence

    assert sentence.isprintable()
    assert len(sentence) < 400
