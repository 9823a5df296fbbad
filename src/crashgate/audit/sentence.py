"""A record in one plain English sentence that says no more than is known.

Before the outcome is known an agent "asked to" do something; only an answer makes it "resolved" or "deleted". It
is built from validated ids, names from the operator's own files and the words of operations. Every piece is cleaned and
bounded, and the whole is one line (THREATS rows 25 and 26). Long ids are shortened here; the data keeps them whole.

The sentence of an attempt holds only fixed words of ours, a verified name and a number.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from crashgate.audit.attempt import Attempt, AttemptRecord
from crashgate.audit.fields import with_sentence
from crashgate.audit.record import DecisionRecord, Effect, Ending, OutcomeRecord, Purpose
from crashgate.errors import Code
from crashgate.model.access import Access
from crashgate.sanitise import clean

_NAME_LIMIT = 100
_CLAUSE_LIMIT = 400
_MOST_NAMES = 5
_MOST_KEPT = 1_000
_CLIENT_ERRORS = range(400, 500)

_LONG_ID = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{16}\b")
"""The upstream's 24-digit ids: eight digits are enough to recognize one by. A sentence has no such digits but in its
pieces, and no letter or digit right before or after a piece."""

_ID_LENGTH = 24
_REVOKED = ", because its token was revoked"

_REASONS: Mapping[str, str] = {
    "unknown_agent": "no policy names this agent",
    "unknown_tool": "there is no tool of that name",
    "invalid_arguments": "its arguments are not valid",
    "no_grant": "its policy grants nothing here",
    "not_served": "this server does not serve it",
    "level_too_low": "its policy grants less than this needs",
    "unknown_project": "no such project is known here",
}
"""Said where the caller gives no clause of its own; any other reason is read out as it stands."""


def tell_decision(record: DecisionRecord, *, because: str = "", looked_up: bool = False) -> DecisionRecord:
    """The record with its sentence.

    ``because`` is the clause that explains a refusal, from the policy or the tools. ``looked_up`` says that the gate
    had to ask the upstream before it could refuse; the look-up has a record of its own.
    """
    if record.effect is Effect.ALLOW:
        return with_sentence(record, _head(record, f"asked to {_verb(record)}", because))
    sent = "Nothing but the look-up was sent." if looked_up else "Nothing was sent."
    deed = f"{_name(record.agent)} asked {_wish(record)} and was refused"
    return with_sentence(record, f"{deed}: {_why(record, because)}. {sent}")


def tell_outcome(decision: DecisionRecord, outcome: OutcomeRecord, *, title: str | None = None) -> OutcomeRecord:
    """The outcome with the sentence of both: what was asked, what allowed it, and how it ended.

    ``title`` is what the provider is called in a sentence; its name unless given.
    """
    changes = decision.access is not None and decision.access is not Access.READ
    done = outcome.result is Ending.ANSWERED or (outcome.result is Ending.WITHHELD and changes)
    head = _head(decision, _past(decision) if done else f"tried to {_verb(decision)}")
    tail = [_ending(outcome, title or decision.provider or "The upstream")]
    if outcome.requests > 1:
        tail.append(f"It took {outcome.requests} requests.")
    if outcome.shared:
        tail.append("The answer is that of an identical request in flight; this call sent none.")
    if outcome.redacted:
        tail.append(f"Redacted: {_names(outcome.redacted)}.")
    # check: a sentence says when a change is in doubt
    if changes and _in_doubt(outcome):
        tail.append("Whether it was done is not known.")
    return with_sentence(outcome, f"{head} {' '.join(tail)}")


def _head(record: DecisionRecord, did: str, because: str = "") -> str:
    """Who did what, and what allowed it. Capitals mark a call that only observe mode let through."""
    if record.purpose is Purpose.LOOKUP:
        return f"crashgate {did} {_object(record)} to decide a call of {_name(record.agent)}."
    deed = f"{_name(record.agent)} {did} {_object(record)}"
    # check: a sentence says that only observe mode let it through
    if record.observed:
        line = f" ({_clause(record.rule)})" if record.rule and not because else ""  # which ``because`` names itself
        return f"{deed}: LET THROUGH IN OBSERVE MODE, although its policy refuses it: {_why(record, because)}{line}."
    rule = f" by {_clause(record.rule)}" if record.rule else ""
    return f"{deed}: allowed{rule}{_approval(record)}."


def _approval(record: DecisionRecord) -> str:
    """`` with approval 7f3a by maria``; nothing where no person was asked."""
    if record.approval is None:
        return ""
    person = f" by {_piece(record.answered_by)}" if record.answered_by else ""
    return f" with approval {_piece(record.approval)}{person}"


def _wish(record: DecisionRecord) -> str:
    if record.verb is not None and record.target is not None:
        return f"to {_verb(record)} {_object(record)}"
    if record.tool is not None:
        return f"to use {_name(record.tool)}{_place(record)}"
    return "for a tool that crashgate does not have"


def _object(record: DecisionRecord) -> str:
    """``error 5f1… in checkout-ios (bugsnag)``, or of a list that was begun before, ``errors in …, continued``."""
    return f"{_piece(record.target or 'something')}{_place(record)}{', continued' if record.continued else ''}"


def _place(record: DecisionRecord) -> str:
    """`` in checkout-ios (bugsnag), in environment production``."""
    place = _within(record)
    if record.connection:
        place = f"{place} ({_name(record.connection)})"
    if record.environment or record.app or record.platform:
        place = f"{place}{_scope(record)}"
    return place


def _within(record: DecisionRecord) -> str:
    """`` in checkout-ios``; nothing where the target says so already: ``project checkout-ios``."""
    project = record.project_slug or record.project
    organization = record.organization_slug or record.organization
    if not project and not organization:
        return ""
    kind, _, name = (record.target or "").partition(" ")
    if kind == "project" and name in {record.project_slug, record.project}:
        return ""
    if kind == "organization" and name in {record.organization_slug, record.organization}:
        return ""
    return f" in {_name(project)}" if project else f" in organization {_name(organization or '')}"


def _scope(record: DecisionRecord) -> str:
    """``, in environment production, in app com.acme.checkout (ios)``; nothing where the call has no such scope."""
    parts = [f"in environment {_piece(record.environment)}"] if record.environment else []
    if record.app:
        platform = f" ({_piece(record.platform)})" if record.platform else ""
        parts.append(f"in app {_piece(record.app)}{platform}")
    elif record.platform:
        parts.append(f"on {_piece(record.platform)}")
    return "".join(f", {part}" for part in parts)


def _why(record: DecisionRecord, because: str) -> str:
    return _clause(because.rstrip(" .") or _REASONS.get(record.reason) or record.reason.replace("_", " "))


def _names(fields: Sequence[str]) -> str:
    more = f" and {len(fields) - _MOST_NAMES} more" if len(fields) > _MOST_NAMES else ""
    return f"{', '.join(_piece(field) for field in fields[:_MOST_NAMES])}{more}"


def _ending(outcome: OutcomeRecord, who: str) -> str:
    took = f"in {outcome.duration_ms} ms"
    answered = f"{who} answered {took}" if outcome.status is None else f"{who} answered {outcome.status} {took}"
    error = f" ({outcome.error.replace('_', ' ')})" if outcome.error else ""
    match outcome.result:
        case Ending.ANSWERED:
            return f"{answered}{_rows(outcome)}."
        case Ending.WITHHELD:
            return f"{answered}, but the answer is out of scope, or about something else, and was not shown."
        case Ending.REFUSED:
            status = "" if outcome.status is None else f" with {outcome.status}"
            return f"{who} refused{status} {took}{error}."
        case Ending.CANCELLED:
            when = f"after {outcome.duration_ms} ms" if outcome.requests else "before anything was sent"
            revoked = outcome.error == Code.TOKEN_REVOKED
            return f"The call was {'ended' if revoked else 'cancelled'} {when}{_REVOKED if revoked else ''}."
        case Ending.FAILED:
            if not outcome.requests:
                return f"Nothing was sent{error}."
            failed = (
                f"{who} gave no usable answer {took}"
                if outcome.status is None
                else f"{answered}, but the answer could not be used"
            )
            return f"{failed}{error}."


def _rows(outcome: OutcomeRecord) -> str:
    shown = "" if outcome.rows is None else f" with {outcome.rows} {'row' if outcome.rows == 1 else 'rows'}"
    return f"{shown}; {outcome.dropped} out of scope not shown" if outcome.dropped else shown


def _in_doubt(outcome: OutcomeRecord) -> bool:
    """A request went out and no clear answer came back."""
    if outcome.result is Ending.FAILED:
        return outcome.requests > 0 and outcome.status not in _CLIENT_ERRORS
    return outcome.result is Ending.CANCELLED and outcome.requests > 0


def _verb(record: DecisionRecord) -> str:
    return "look up" if record.purpose is Purpose.LOOKUP else _name(record.verb or "do")


def _past(record: DecisionRecord) -> str:
    return "looked up" if record.purpose is Purpose.LOOKUP else _name(record.past or "did")


@lru_cache(maxsize=_MOST_KEPT)
def _clause(text: str) -> str:
    """A clause from a policy or the tools. The same few are said again and again, so those last said are kept."""
    return _piece(text, _CLAUSE_LIMIT)


@lru_cache(maxsize=_MOST_KEPT)
def _name(text: str) -> str:
    """A name of an agent, a tool, a connection or a project, or a verb; those last said are kept as well."""
    return _piece(text)


def _piece(text: str, limit: int = _NAME_LIMIT) -> str:
    # check[unwrap]: every piece of a sentence is cleaned
    piece = clean(text, limit=limit, lines=False)
    return piece if len(piece) < _ID_LENGTH else _LONG_ID.sub(r"\1…", piece)


_DEEDS: Mapping[Attempt, tuple[str, str]] = {
    Attempt.UNAUTHENTICATED: ("A request", "without a valid token"),
    Attempt.FORBIDDEN: ("A request", "with a token that is not valid for it"),
    Attempt.MALFORMED: ("A request", "that is not a well-formed message"),
    Attempt.BATCH: ("A batch of messages", ""),
    Attempt.OVERSIZED: ("A request", "that is too large"),
    Attempt.WRONG_METHOD: ("A request", "with an HTTP method that is not served"),
    Attempt.WRONG_HOST: ("A request", "that names another host or origin"),
    Attempt.RATE_LIMITED: ("A request", "beyond the rate limit"),
    Attempt.TIMED_OUT: ("A request", "that did not arrive in time"),
    Attempt.SESSION_REFUSED: ("A request", "for a session that is not its own"),
}


def tell_attempt(record: AttemptRecord) -> AttemptRecord:
    """The record with its sentence, such as ``A request over http that is too large was refused (too large)``."""
    thing, how = _DEEDS[record.what]
    who = f" of {record.agent}" if record.agent else ""
    what = " ".join(filter(None, (f"{thing}{who} over {record.via}", how)))
    why = f" ({record.reason.replace('_', ' ')})"
    often = f", {record.count} times until {record.until}" if record.count > 1 else ""
    return replace(record, sentence=f"{what} was refused{why}{often}. Nothing was decided or sent.")
