"""The page about the decision log: its records, their fields, and the reasons of decisions."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from crashgate.audit.attempt import Attempt, AttemptRecord
from crashgate.audit.checkpoint import (
    AcknowledgementRecord,
    CheckpointRecord,
    FreezeRecord,
    HeadLossRecord,
    PruneRecord,
)
from crashgate.audit.record import DecisionRecord, Ending, OutcomeRecord
from crashgate.gate.verdict import Reason as GateReason
from crashgate.policy.decision import Reason
from crashgate.reference.markdown import code, paragraphs, table

RECORDS: Mapping[type[Any], str] = {
    DecisionRecord: "A decision, on disk before anything is sent.",
    OutcomeRecord: "How an allowed call ended. An allowed call without an outcome is shown as *outcome unknown*.",
    AttemptRecord: "A request that never became a call: no valid token, no JSON, too large. Many in one minute share a"
    " record.",
    CheckpointRecord: "Signed, and stored before old records are pruned: what was there.",
    PruneRecord: "Old records were pruned.",
    HeadLossRecord: "The head file of a chain was missing when the log was opened.",
    AcknowledgementRecord: "An operator knows of a missing head.",
    FreezeRecord: "An operator froze agents, or ended that.",
}

_TIME = "RFC 3339 in UTC with milliseconds"
FIELDS: Mapping[str, str] = {
    "call": "id of the call: 32 hexadecimal digits; a decision and its outcome share it",
    "at": f"when: {_TIME}",
    "agent": "the agent whose policy decided; for an attempt, only if a valid token stands for it",
    "subject": "what vouches for the agent: the launch configuration, or the id of a token",
    "via": "how the agent connected: `stdio`, `http`, `cli`",
    "effect": "`allow` or `deny`",
    "reason": "why, as a code; see below",
    "purpose": "`call` for what the agent asked, `lookup` for what the gate asked to decide it",
    "parent": "of a look-up, the call that needed it",
    "client": "what the client says it is; it decides nothing",
    "tool": "the tool that was called; null if there is no such tool",
    "operation": "what was to be asked of the provider",
    "resource": "the operation's resource",
    "access": "`read`, `write` or `delete`",
    "provider": "the kind of upstream",
    "connection": "the configured connection",
    "organization": "id of the organization, as far as it is known",
    "organization_slug": "its slug",
    "project": "id of the project, as far as it is known",
    "project_slug": "its slug",
    "verb": "for the sentence: what it would do",
    "past": "for the sentence: what it did",
    "target": "for the sentence: what it was done to",
    "arguments": "those arguments that may be logged, by name",
    "arguments_digest": "a keyed hash of all arguments: two equal calls have the same",
    "rule": "the line of the policy that decided, in words",
    "policy_hash": "the version of the policy that decided",
    "environment": "the environment that the call was decided in",
    "platform": "the platform that it was decided in",
    "app": "the app that it was decided in",
    "observed": "true: the policy refuses this, and observe mode let it through",
    "approval": "id of the approval that the call used up, or that a person refused",
    "answered_by": "who answered the request for approval",
    "continued": "true: it asked for a later page, or for the rest of an export",
    "trace": "the W3C trace id that the request came with",
    "sentence": "all of it in one English sentence",
    "result": "how the call ended; see below",
    "duration_ms": "milliseconds for all requests, retries included",
    "requests": "how many requests were sent",
    "status": "the provider's HTTP status; null without an answer",
    "rows": "how many rows the agent was shown",
    "dropped": "how many rows were out of the agent's scope",
    "error": "the code of the error that the agent got",
    "redacted": "names of the fields that the policy removed",
    "shared": "true: an identical read under way brought the answer, and no request was sent for this one",
    "what": "what kind of attempt it was; see below",
    "count": "how many attempts, or how many records",
    "until": f"when the last of many attempts was: {_TIME}; empty for one",
    "chain": "name of the chain of records",
    "seq": "number of a record in its chain, from 1",
    "hash": "SHA-256 of a record, in hexadecimal",
    "key": "the log's public key (Ed25519), in hexadecimal",
    "signature": "its signature of the checkpoint, in hexadecimal",
    "by": "the user of the operating system who did it",
    "before": f"records from before this time were removed: {_TIME}",
    "chains": "the chains that they were removed from",
}
"""What the fields of records mean."""

REASONS: Mapping[str, str] = {
    "granted": "a grant allows it",
    "may_depend": "some grant allows it in some places, and it is not known whether in this one",
    "switched_off": "`off`, or a line under `[off]`",
    "level_too_low": "a grant covers the place, but its level is too low",
    "outside_scope": "a grant covers the resource, but not in this place",
    "frozen": "an operator froze the agent, or its changes (`crashgate freeze`)",
    "not_served": "the policy allows it, and this server was started without it (`serve --tools`, `--read-only`)",
    "no_grant": "no grant covers the resource",
    "unknown_agent": "there is no policy for the agent, or none that can be used",
    "internal": "an error inside the gate; it denies",
    "unknown_tool": "there is no such tool",
    "unknown_connection": "there is no such connection, or several and none was named",
    "invalid_arguments": "an argument is missing, unknown or of the wrong form; the sentence names it",
    "no_such_project": "the project does not exist, or the token cannot see it",
    "no_such_organization": "the organization does not exist, or the token cannot see it",
    "no_such_object": "the object does not exist there, or it is in another place",
    "undecided": "a look-up failed, so it could not be decided",
    "rate_limited": "a limit of the policy was reached",
    "approval_required": "a person has to approve it first",
    "approval_rejected": "a person refused it",
    "policy_changed": "the policy changed while the call was under way",
    "state_unavailable": "limits or approvals could not be read or stored",
    "token_revoked": "the token was revoked while the call was under way",
    "look_up": "a look-up by the gate itself",
}
"""What the reasons of decisions mean."""

ENDINGS: Mapping[Ending, str] = {
    Ending.ANSWERED: "the agent got an answer",
    Ending.REFUSED: "the provider refused the request (4xx)",
    Ending.FAILED: "there was no usable answer: none at all, a 5xx, or one that cannot be read",
    Ending.CANCELLED: "the client ended the call",
    Ending.WITHHELD: "the answer was out of the agent's scope and was not shown",
}
ATTEMPTS: Mapping[Attempt, str] = {
    Attempt.UNAUTHENTICATED: "no valid token (401)",
    Attempt.FORBIDDEN: "the token is valid, but not for this (403)",
    Attempt.MALFORMED: "not strict JSON, or not a JSON-RPC message",
    Attempt.BATCH: "several messages at once",
    Attempt.OVERSIZED: "a body that is too large",
    Attempt.WRONG_METHOD: "an HTTP method that is not served",
    Attempt.WRONG_HOST: "a `Host` or `Origin` header that is not served",
    Attempt.RATE_LIMITED: "too many refusals within a minute",
    Attempt.TIMED_OUT: "the body arrived too slowly, or not whole",
    Attempt.SESSION_REFUSED: "a session that does not exist or belongs to another agent",
}


def log_section() -> str:
    """The page about the log, without its first lines."""
    reasons = dict.fromkeys([*map(str, Reason), *map(str, GateReason)])
    return paragraphs(
        "Each line of `crashgate log export` is one record, and each record names the hash of the one before it."
        " `crashgate log show --json` joins a decision and its outcome.",
        *(_record(kind, about) for kind, about in RECORDS.items()),
        "## Reasons of decisions",
        "`crashgate log search --reason REASON` finds them.",
        table(("reason", "meaning"), [(code(each), REASONS.get(each, "")) for each in reasons]),
        "## How calls end",
        table(("result", "meaning"), [(code(each.value), ENDINGS.get(each, "")) for each in Ending]),
        "## Kinds of attempts",
        table(("what", "meaning"), [(code(each.value), ATTEMPTS.get(each, "")) for each in Attempt]),
    )


def _record(kind: type[Any], about: str) -> str:
    return paragraphs(
        f"## {code(str(kind.KIND))}",
        about,
        table(("field", "meaning"), [(code(each.name), FIELDS.get(each.name, "")) for each in fields(kind)]),
    )
