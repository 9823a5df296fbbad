from dataclasses import replace

import pytest

from crashgate.audit.call import Aside, Entry, pair, tell
from crashgate.audit.record import Effect, Record, Stored
from tests.audit.samples import ATTEMPT, DECISION, HOSTILE, OUTCOME, call, stored

DENIED = replace(DECISION, call=call(2), effect=Effect.DENY, reason="no_grant", sentence="It was refused.")
CUT_SHORT = replace(DECISION, call=call(3))


def test_each_decision_is_paired_with_its_own_outcome() -> None:
    first, outcome = stored(DECISION, 1), stored(OUTCOME, 4)
    denied, cut_short = stored(DENIED, 2), stored(CUT_SHORT, 3)

    assert list(pair([outcome, cut_short, denied, first])) == [
        Entry(decision=cut_short, outcome=None),
        Entry(decision=denied, outcome=None),
        Entry(decision=first, outcome=outcome),
    ]


@pytest.mark.threats(28)
def test_an_allowed_call_without_an_outcome_is_shown_as_unknown() -> None:
    # Guards: Entry.unknown.
    cut_short, denied = pair([stored(CUT_SHORT, 2), stored(DENIED, 1)])

    assert (cut_short.unknown, cut_short.sentence) == (True, f"{CUT_SHORT.sentence} Outcome unknown.")
    assert (denied.unknown, denied.sentence) == (False, "It was refused.")


def test_the_outcome_tells_the_whole_story() -> None:
    (entry,) = pair([stored(OUTCOME, 2), stored(DECISION, 1)])

    assert (entry.unknown, entry.sentence) == (False, OUTCOME.sentence)


@pytest.mark.threats(25, 26)
def test_a_sentence_from_an_altered_store_is_still_one_clean_line() -> None:
    # Guards: the cleaning in Entry.sentence.
    (entry,) = pair([stored(replace(DENIED, sentence=HOSTILE * 200))])

    assert entry.sentence.isprintable()
    assert len(entry.sentence) <= 2_000


def test_an_outcome_of_an_older_call_is_left_out() -> None:
    assert list(pair([stored(OUTCOME)])) == []


def test_an_attempt_is_told_between_the_calls_and_is_none() -> None:
    # Guards: the last branch of tell, and the filter in pair.
    backwards: list[Stored[Record]] = [stored(OUTCOME, 3), stored(ATTEMPT, 2), stored(DECISION, 1)]

    assert list(tell(backwards)) == [Aside(stored=stored(ATTEMPT, 2)), *pair(backwards)]
    assert [entry.decision.record for entry in pair(backwards)] == [DECISION]
