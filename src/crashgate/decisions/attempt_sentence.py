"""An attempt in one plain English sentence. Rule: fixed words of ours, a verified name and a number, nothing else."""

from collections.abc import Mapping
from dataclasses import replace

from crashgate.decisions.attempt import Attempt, AttemptRecord

_DEEDS: Mapping[Attempt, tuple[str, str]] = {
    Attempt.UNAUTHENTICATED: ("A request", "without a valid token"),
    Attempt.FORBIDDEN: ("A request", "with a token that is not good for it"),
    Attempt.MALFORMED: ("A request", "that is no well-formed message"),
    Attempt.BATCH: ("A batch of messages", ""),
    Attempt.OVERSIZED: ("A request", "that is too large"),
    Attempt.WRONG_METHOD: ("A request", "with an HTTP method that is not served"),
    Attempt.WRONG_HOST: ("A request", "that names another host or origin"),
    Attempt.RATE_LIMITED: ("A request", "beyond the rate limit"),
    Attempt.TIMED_OUT: ("A request", "that did not arrive in time"),
    Attempt.SESSION_REFUSED: ("A request", "for a session that it has no right to"),
}


def tell_attempt(record: AttemptRecord) -> AttemptRecord:
    """The record with its sentence, such as ``A request over http that is too large was refused (too large)``."""
    thing, how = _DEEDS[record.what]
    who = f" of {record.agent}" if record.agent else ""
    what = " ".join(filter(None, (f"{thing}{who} over {record.via}", how)))
    why = f" ({record.reason.replace('_', ' ')})"
    often = f", {record.count} times until {record.until}" if record.count > 1 else ""
    return replace(record, sentence=f"{what} was refused{why}{often}. Nothing was decided or sent.")
