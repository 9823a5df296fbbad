"""A record in one plain English sentence. Rule: what a person would say, and never more than is known.

Before the outcome is known an agent "asked to" do something; only an answer makes it "resolved" or "deleted". Built
from validated ids, names from the operator's own files and words of the catalogue. Every piece is cleaned and bounded,
and the whole is one line (THREATS rows 25 and 26). Long ids are cut for the eye; the data keeps them whole.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from crashgate.catalogue.access import Access
from crashgate.decisions.record import DecisionRecord, Effect, Ending, OutcomeRecord, Purpose
from crashgate.text import clean

_NAME_LIMIT = 100
_CLAUSE_LIMIT = 400
_MOST_NAMES = 5
_CLIENT_ERRORS = range(400, 500)

_LONG_ID = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{16}\b")
"""The upstream's 24-digit ids: eight digits are enough to recognize one by."""

_REASONS: Mapping[str, str] = {
    "unknown_agent": "no policy names this agent",
    "unknown_tool": "there is no tool of that name",
    "invalid_arguments": "its arguments are not valid",
    "no_grant": "its policy grants nothing here",
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
        return replace(record, sentence=_one_line(_head(record, f"asked to {_verb(record)}", because)))
    why = because.rstrip(" .") or _reason(record)
    sent = "Nothing but the look-up was sent." if looked_up else "Nothing was sent."
    deed = f"{_agent(record)} asked {_wish(record)} and was refused"
    return replace(record, sentence=_one_line(f"{deed}: {_piece(why, _CLAUSE_LIMIT)}. {sent}"))


def tell_outcome(decision: DecisionRecord, outcome: OutcomeRecord) -> OutcomeRecord:
    """The outcome with the sentence of both: what was asked, what allowed it, and how it ended."""
    changes = decision.access is not None and decision.access is not Access.READ
    done = outcome.result is Ending.ANSWERED or (outcome.result is Ending.WITHHELD and changes)
    head = _head(decision, _past(decision) if done else f"tried to {_verb(decision)}")
    tail = [_ending(decision, outcome)]
    if outcome.requests > 1:
        tail.append(f"It took {outcome.requests} requests.")
    if outcome.shared:
        tail.append("The answer is that of an identical request in flight; this call sent none.")
    if outcome.redacted:
        tail.append(f"Redacted: {_names(outcome.redacted)}.")
    if changes and _in_doubt(outcome):
        tail.append("Whether it was done is not known.")
    return replace(outcome, sentence=_one_line(f"{head} {' '.join(tail)}"))


def _head(record: DecisionRecord, did: str, because: str = "") -> str:
    """Who did what, and what allowed it. That only trial mode let it through is said in capitals, not to be missed."""
    if record.purpose is Purpose.LOOKUP:
        return f"crashgate {did} {_object(record)} to decide a call of {_agent(record)}."
    if record.observed:
        why = _piece(because.rstrip(" .") or _reason(record), _CLAUSE_LIMIT)
        return f"{_agent(record)} {did} {_object(record)}: TRIAL MODE LET IT THROUGH, its policy refuses it: {why}."
    causes = [f"by {_piece(record.rule, _CLAUSE_LIMIT)}"] if record.rule else []
    if record.approval:
        causes.append(f"with approval {record.approval}")
    return f"{_agent(record)} {did} {_object(record)}: {' '.join(('allowed', *causes))}."


def _wish(record: DecisionRecord) -> str:
    if record.verb is not None and record.target is not None:
        return f"to {_verb(record)} {_object(record)}"
    if record.tool is not None:
        return f"to use {_piece(record.tool)}{_place(record)}"
    return "for a tool that crashgate does not have"


def _object(record: DecisionRecord) -> str:
    """``error 5f1… in checkout-ios (bugsnag)``."""
    return f"{_piece(record.target or 'something')}{_place(record)}"


def _place(record: DecisionRecord) -> str:
    """Where, unless the target says so already: ``project checkout-ios``."""
    projects, organizations = (record.project_slug, record.project), (record.organization_slug, record.organization)
    project, organization = (next(filter(None, names), None) for names in (projects, organizations))
    said = {*(f"project {name}" for name in projects), *(f"organization {name}" for name in organizations)}
    if record.target in said:
        within = ""
    elif project is not None:
        within = f" in {_piece(project)}"
    else:
        within = f" in organization {_piece(organization)}" if organization else ""
    place = f"{within} ({_piece(record.connection)})" if record.connection else within
    return f"{place}{_scope(record)}"


def _scope(record: DecisionRecord) -> str:
    """``, in environment production, in app com.acme.checkout (ios)``; nothing where the call has no such scope."""
    parts = [f"in environment {_piece(record.environment)}"] if record.environment else []
    if record.app:
        platform = f" ({_piece(record.platform)})" if record.platform else ""
        parts.append(f"in app {_piece(record.app)}{platform}")
    elif record.platform:
        parts.append(f"on {_piece(record.platform)}")
    return "".join(f", {part}" for part in parts)


def _reason(record: DecisionRecord) -> str:
    return _REASONS.get(record.reason, record.reason.replace("_", " "))


def _names(fields: Sequence[str]) -> str:
    more = f" and {len(fields) - _MOST_NAMES} more" if len(fields) > _MOST_NAMES else ""
    return f"{', '.join(_piece(field) for field in fields[:_MOST_NAMES])}{more}"


def _ending(decision: DecisionRecord, outcome: OutcomeRecord) -> str:
    who = decision.provider.spoken if decision.provider else "The upstream"
    took = f"in {outcome.duration_ms} ms"
    answered = f"{who} answered {took}" if outcome.status is None else f"{who} answered {outcome.status} {took}"
    error = f" ({outcome.error.replace('_', ' ')})" if outcome.error else ""
    match outcome.result:
        case Ending.ANSWERED:
            return f"{answered}{_rows(outcome)}."
        case Ending.WITHHELD:
            return f"{answered}, but the answer is out of scope and was not shown."
        case Ending.REFUSED:
            status = "" if outcome.status is None else f" with {outcome.status}"
            return f"{who} refused{status} {took}{error}."
        case Ending.CANCELLED:
            when = f"after {outcome.duration_ms} ms" if outcome.requests else "before anything was sent"
            return f"The call was cancelled {when}."
        case Ending.FAILED:
            if not outcome.requests:
                return f"Nothing was sent{error}."
            failed = f"{who} gave no usable answer {took}" if outcome.status is None else f"{answered}, to no use"
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
    return "look up" if record.purpose is Purpose.LOOKUP else _piece(record.verb or "do")


def _past(record: DecisionRecord) -> str:
    return "looked up" if record.purpose is Purpose.LOOKUP else _piece(record.past or "did")


def _agent(record: DecisionRecord) -> str:
    return _piece(record.agent)


def _piece(text: str, limit: int = _NAME_LIMIT) -> str:
    return clean(text, limit=limit, lines=False)


def _one_line(text: str) -> str:
    return _LONG_ID.sub(r"\1…", text)
