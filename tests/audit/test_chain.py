import hashlib
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.audit.chain import Fault, Head, Row, genesis, link, verify
from crashgate.audit.record import Record
from tests.audit.samples import OUTCOME, decision, linked, lists_of_records

ROWS = linked([decision(number) for number in range(1, 6)])
HEADS = {"main": Head(seq=5, hash=ROWS[-1].hash)}


def _fault(rows: Sequence[Row], heads: dict[str, Head] = HEADS) -> tuple[Fault | None, int | None, int]:
    """The fault of the chain main, the first bad record, and how many are good."""
    (verdict,) = verify(rows, heads)
    return verdict.fault, verdict.seq, verdict.good


def test_a_sound_chain_is_found_sound() -> None:
    assert _fault(ROWS) == (None, None, 5)


@pytest.mark.ablation("the parts of a hash have their lengths")
def test_a_hash_covers_every_part_with_its_length() -> None:
    # Guards: the length prefix in chain._hash; the text is written by hand.
    text = "24:crashgate decision log 16:record2:pp4:main1:71:t1:k1:c0:2:{}"
    computed = link("pp", chain="main", seq=7, at="t", kind="k", call="c", agent="", body="{}")

    assert computed == hashlib.sha256(text.encode()).hexdigest()
    assert computed != link("pp", chain="main", seq=7, at="t", kind="k", call="", agent="c", body="{}")


@pytest.mark.ablation("a record names the one before it")
def test_two_chains_do_not_begin_alike() -> None:
    # Guards: the chain's name in genesis; the records of one chain cannot be handed out as another's.
    assert genesis("main") != genesis("main-2")
    assert _fault([row._replace(chain="main-2") for row in ROWS], {"main-2": HEADS["main"]})[0] is Fault.GENESIS


@pytest.mark.ablation("a missing record is found", "a cut end is found", "only a checkpoint lets a chain start later")
@pytest.mark.threats(27)
@pytest.mark.parametrize("number", range(1, 6))
def test_a_record_that_is_left_out_is_missed(number: int) -> None:
    # Guards: the comparison of seq in _Walk, and for the last record the kept head.
    rows = [row for row in ROWS if row.seq != number]

    fault = Fault.TRUNCATED if number == 5 else Fault.MISSING
    assert _fault(rows) == (fault, number, number - 1)


@pytest.mark.threats(27)
def test_two_records_that_changed_places_are_found() -> None:
    swapped = [ROWS[0], ROWS[2], ROWS[1], *ROWS[3:]]
    renumbered = [ROWS[0], ROWS[2]._replace(seq=2), ROWS[1]._replace(seq=3), *ROWS[3:]]

    assert _fault(swapped) == (Fault.MISSING, 2, 1)
    assert _fault(renumbered) == (Fault.BROKEN_LINK, 2, 1)


@pytest.mark.ablation("a moved record is found")
@pytest.mark.threats(27)
def test_a_record_that_stands_twice_is_found() -> None:
    assert _fault([*ROWS[:3], ROWS[2], *ROWS[3:]]) == (Fault.OUT_OF_ORDER, 3, 3)


@pytest.mark.threats(27)
def test_a_record_that_was_written_anew_with_its_hash_does_not_fit_the_next() -> None:
    # Guards: the comparison of previous.
    forged = linked([decision(1), decision(2), decision(99)])[2]

    assert _fault([*ROWS[:2], forged, *ROWS[3:]]) == (Fault.BROKEN_LINK, 4, 3)


@pytest.mark.ablation("a chain that was written anew is found")
@pytest.mark.threats(27)
def test_a_chain_that_was_written_anew_as_a_whole_does_not_fit_the_kept_head() -> None:
    # Guards: the kept head's hash.
    forged = linked([decision(number) for number in (1, 2, 99, 4, 5)])

    assert _fault(forged) == (Fault.REPLACED, 5, 4)


@pytest.mark.threats(27)
def test_a_cut_end_shows_against_the_kept_head_and_not_without_it() -> None:
    # Guards: _fault_of_the_end, and the honesty of end_checked.
    assert _fault(ROWS[:3]) == (Fault.TRUNCATED, 4, 3)
    assert _fault([]) == (Fault.TRUNCATED, 1, 0)

    (verdict,) = verify(ROWS[:3], {})
    assert (verdict.sound, verdict.end_checked) == (True, False)


def test_a_kept_head_that_lags_behind_is_no_fault() -> None:
    assert _fault(ROWS, {"main": Head(seq=3, hash=ROWS[2].hash)}) == (None, None, 5)


@pytest.mark.ablation("a changed record is found")
def test_chains_that_were_written_at_the_same_time_have_a_verdict_each() -> None:
    other = linked([OUTCOME, decision(7)], "main-2")
    mixed = [ROWS[0], other[0], *ROWS[1:4], other[1]._replace(agent="x"), ROWS[4]]

    assert [(verdict.chain, verdict.fault, verdict.good) for verdict in verify(mixed, HEADS)] == [
        ("main", None, 5),
        ("main-2", Fault.ALTERED, 1),
    ]


def _other(value: str | int) -> st.SearchStrategy[str | int]:
    kind = st.text(st.characters(exclude_categories=()), max_size=70) if isinstance(value, str) else st.integers(-1, 9)
    return kind.filter(lambda changed: changed != value)


@pytest.mark.threats(27)
@given(records=lists_of_records(1), data=st.data())
def test_any_change_of_any_column_of_any_record_is_found_there_or_at_the_next(
    records: Sequence[Record], data: st.DataObject
) -> None:
    # Guards: that link covers every column; leave one out of it and this fails.
    rows = linked(records)
    heads = {"main": Head(seq=len(rows), hash=rows[-1].hash)}
    victim = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from([name for name in Row._fields if name != "chain"]))
    changed: dict[str, Any] = {column: data.draw(_other(getattr(rows[victim], column)))}
    rows[victim] = rows[victim]._replace(**changed)

    (verdict,) = verify(rows, heads)

    assert not verdict.sound
    assert verdict.good == victim
    assert verify(linked(records), heads)[0].sound


@pytest.mark.threats(27)
@given(records=lists_of_records(2), data=st.data())
def test_any_record_that_moved_or_went_away_is_found(records: Sequence[Record], data: st.DataObject) -> None:
    rows = linked(records)
    heads = {"main": Head(seq=len(rows), hash=rows[-1].hash)}
    index = st.integers(0, len(rows) - 1)
    taken, place = data.draw(st.tuples(index, st.none() | index).filter(lambda pair: pair[0] != pair[1]))
    row = rows.pop(taken)
    if place is not None:
        rows.insert(place, row)

    assert not verify(rows, heads)[0].sound


START = {"main": Head(seq=2, hash=ROWS[1].hash)}


@pytest.mark.threats(27)
@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_chain_may_start_up_to_where_a_checkpoint_says(gone: int) -> None:
    # Guards: _Walk._begin.
    (verdict,) = verify(ROWS[gone:], HEADS, starts=START)

    assert (verdict.sound, verdict.good, verdict.pruned) == (True, 5 - gone, gone)


@pytest.mark.ablation("a checkpoint lets a chain start so late and no later")
@pytest.mark.threats(27)
def test_a_chain_may_not_start_later_nor_otherwise_than_its_checkpoint_says() -> None:
    # Guards: that the checkpoint's hash vouches for what comes before and after it.
    forged = linked([decision(number) for number in (91, 92, 3, 4, 5)])

    assert [(v.fault, v.seq) for v in verify(ROWS[3:], HEADS, starts=START)] == [(Fault.MISSING, 1)]
    assert [(v.fault, v.seq) for v in verify(forged[1:], {}, starts=START)] == [(Fault.REPLACED, 2)]
    assert [(v.fault, v.seq) for v in verify(forged[2:], {}, starts=START)] == [(Fault.BROKEN_LINK, 3)]
    assert [(v.fault, v.seq) for v in verify(ROWS[1:1], HEADS, starts=START)] == [(Fault.TRUNCATED, 3)]


@pytest.mark.threats(27)
def test_a_statement_shows_what_a_kept_head_beside_the_log_does_not() -> None:
    # Guards: the statement among the pins of _Walk, and the honesty of unproved.
    stated = {"main": Head(seq=4, hash=ROWS[3].hash), "gone": Head(seq=1, hash="0" * 64)}
    forged = linked([decision(number) for number in (1, 2, 3, 99, 5)])

    told = [(v.chain, v.fault, v.seq) for v in verify(ROWS, HEADS, stated=stated)]
    assert told == [("gone", Fault.TRUNCATED, 1), ("main", None, None)]
    del stated["gone"]
    assert [(v.fault, v.seq) for v in verify(ROWS[:3], {}, stated=stated)] == [(Fault.TRUNCATED, 4)]
    assert [(v.fault, v.seq) for v in verify(forged, {}, stated=stated)] == [(Fault.REPLACED, 4)]
    early = {"main": Head(seq=1, hash=ROWS[0].hash)}
    assert [v.unproved for v in verify(ROWS[2:], HEADS, starts=START, stated=early)] == [True]
    at_the_cut = {"main": Head(seq=2, hash="0" * 64)}
    assert [v.fault for v in verify(ROWS[2:], HEADS, starts=START, stated=at_the_cut)] == [Fault.REPLACED]
