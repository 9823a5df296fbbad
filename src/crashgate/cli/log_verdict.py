"""What is said of a chain that was checked. Rule: what could not be checked is told with it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crashgate.decisions.chain import Verdict


def in_words(verdict: "Verdict") -> str:
    """``Chain main: 42 records, sound.``, or what is wrong with it and where."""
    records = f"{verdict.good} record{'' if verdict.good == 1 else 's'}"
    if not verdict.sound:
        return f"Chain {verdict.chain}: NOT SOUND at record {verdict.seq}: {verdict.why}. Sound before that: {records}."
    told = [f"Chain {verdict.chain}: {records}, sound."]
    if verdict.pruned:
        told.append(
            f"It starts after record {verdict.pruned}: a signed checkpoint says that the older ones were pruned."
        )
    if not verdict.end_checked:
        told.append("Its end could not be checked: no head was kept beside it.")
    if verdict.unproved:
        told.append("THE STATEMENT SHOWS NOTHING HERE: the record that it names was pruned since.")
    return " ".join(told)
