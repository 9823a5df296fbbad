"""The log as events of the Open Cybersecurity Schema Framework. Rule: what has a place there goes there, once.

Class API Activity (6003) of category Application Activity (6), schema 1.3.0, with the profile ``security_control``
(https://schema.ocsf.io/1.3.0/classes/api_activity). A call is one event, with its outcome; so is an attempt that never
became a call. Checkpoints and prunes are events too, because they change what is kept.

- ``activity_id``: 1 create, 2 read, 3 update, 4 delete, from the call's access and whether the catalogue says that the
  operation makes something new (one that it has no longer is an update); 0 where there is no operation,
  99 for what the operator does with the log
- ``status_id``: 1 answered, 2 refused by the policy or by upstream, failed, cancelled or withheld, 0 unknown outcome;
  ``status_code`` is the outcome or the reason, ``status_detail`` the rule
- ``action_id``: 1 allowed, 2 denied; ``disposition_id``: 1 allowed, 2 blocked, 17 logged (observe mode), 8
  approved
- ``severity_id``: 1 informational, 2 low for a refusal or a failure, 3 medium for what only observe mode let through
  and for a change whose outcome is unknown
- ``actor.user.name``: the agent; ``actor.user.uid``: what vouches for it; ``actor.app_name``: the client's own word
- ``api.operation``, ``api.service``, ``api.request.uid`` (the call), ``api.response``; ``resources``: what it was
  about, with the connection as ``group`` and its places as ``labels`` (``project:checkout-ios``)
- ``authorizations``: the decision, with the rule and the hash of the policy
- ``src_endpoint.svc_name``: how the agent came; its address is not in the log
- ``metadata``: product, chain (``log_name``), ``sequence``, hash (``uid``), and the call that a look-up was for
- ``time``, ``start_time``, ``end_time``: milliseconds since 1970
- ``unmapped``: everything else, under the names of the records
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from crashgate.audit.attempt import AttemptRecord
from crashgate.audit.call import Aside, Entry
from crashgate.audit.record import DecisionRecord, Effect, Ending, OutcomeRecord, Stored
from crashgate.model.access import Access
from crashgate.sanitise import clean

SCHEMA = "1.3.0"
_CLASS = 6003
_ACTIVITIES: Mapping[int, str] = {0: "Unknown", 1: "Create", 2: "Read", 3: "Update", 4: "Delete", 99: "Other"}
_OF_ACCESS: Mapping[Access, int] = {Access.READ: 2, Access.WRITE: 3, Access.DELETE: 4}

_SEVERITIES: Mapping[int, str] = {1: "Informational", 2: "Low", 3: "Medium"}
_STATUSES: Mapping[int, str] = {0: "Unknown", 1: "Success", 2: "Failure"}
_ACTIONS: Mapping[int, str] = {1: "Allowed", 2: "Denied"}
_DISPOSITIONS: Mapping[int, str] = {1: "Allowed", 2: "Blocked", 8: "Approved", 17: "Logged"}
_LONGEST = 2_000


def ocsf_event(told: Entry | Aside, *, product_version: str, creating: Collection[str]) -> dict[str, Any]:
    """The event, as JSON takes it. ``creating`` are the ids of the operations that make something new."""
    return _call(told, product_version, creating) if isinstance(told, Entry) else _aside(told, product_version)


def _call(entry: Entry, version: str, creating: Collection[str]) -> dict[str, Any]:
    decision = entry.decision.record
    outcome = entry.outcome.record if entry.outcome else None
    event = _base(entry.decision, _activity(decision, creating), version)
    event |= _status(entry)
    event |= _disposition(decision)
    event |= _severity(entry)
    event["message"] = entry.sentence
    event["actor"] = _without_none(
        {"user": {"name": decision.agent, "uid": _word(decision.subject), "type": "Agent", "type_id": 99}}
        | {"app_name": _word(decision.client)}
    )
    event["api"] = _api(decision, outcome)
    event["src_endpoint"] = {"svc_name": decision.via.value}
    event["authorizations"] = [
        _without_none(
            {"decision": decision.effect.value, "policy": _policy(decision)},
        )
    ]
    if decision.resource is not None:
        event["resources"] = [_resource(decision)]
    if outcome is not None:
        event |= {"duration": outcome.duration_ms, "end_time": _milliseconds(outcome.at)}
        event["start_time"] = event["time"]
    event["metadata"] |= {"correlation_uid": decision.parent or decision.call, "event_code": _word(decision.reason)}
    event["unmapped"] = _without_none(_rest(decision, entry.outcome))
    return event


def _aside(aside: Aside, version: str) -> dict[str, Any]:
    stored = aside.stored
    attempt = stored.record if isinstance(stored.record, AttemptRecord) else None
    event = _base(stored, 0 if attempt else 99, version)
    severity, status = (2, 2) if attempt else (1, 1)
    event |= {"severity_id": severity, "severity": _SEVERITIES[severity], "message": aside.sentence}
    event |= {"status_id": status, "status": _STATUSES[status]}
    event["api"] = {"operation": stored.record.KIND, "service": {"name": "crashgate"}}
    if attempt is None:
        by = getattr(stored.record, "by", "crashgate")
        event |= {"actor": {"user": {"name": by, "type_id": 2, "type": "Admin"}}, "src_endpoint": {"svc_name": "cli"}}
        event["unmapped"] = {
            name: getattr(stored.record, name)
            for name in ("chain", "seq", "hash", "key", "signature", "before", "count", "chains", "agent", "what")
            if hasattr(stored.record, name)
        }
        return event
    event |= {"action_id": 2, "action": _ACTIONS[2], "disposition_id": 2, "disposition": _DISPOSITIONS[2]}
    event |= {"status_code": attempt.what.value, "status_detail": attempt.reason, "count": attempt.count}
    event |= {"actor": {"user": {"name": attempt.agent or "unknown", "type": "Agent", "type_id": 99}}}
    event |= {"src_endpoint": {"svc_name": attempt.via.value}}
    if attempt.until:
        event |= {"start_time": event["time"], "end_time": _milliseconds(attempt.until)}
    return event


def _base(stored: Stored[Any], activity: int, version: str) -> dict[str, Any]:
    return {
        "class_uid": _CLASS,
        "class_name": "API Activity",
        "category_uid": 6,
        "category_name": "Application Activity",
        "activity_id": activity,
        "activity_name": _ACTIVITIES[activity],
        "type_uid": _CLASS * 100 + activity,
        "type_name": f"API Activity: {_ACTIVITIES[activity]}",
        "time": _milliseconds(stored.record.at),
        "metadata": {
            "version": SCHEMA,
            "product": {"name": "crashgate", "vendor_name": "crashgate", "version": version},
            "profiles": ["security_control"],
            "log_name": stored.chain,
            "sequence": stored.seq,
            "uid": stored.hash,
            "original_time": stored.record.at,
        },
    }


def _activity(decision: DecisionRecord, creating: Collection[str]) -> int:
    if decision.access is None:
        return 0
    if decision.access is Access.WRITE and decision.operation in creating:
        return 1
    return _OF_ACCESS[decision.access]


def _status(entry: Entry) -> dict[str, Any]:
    if entry.outcome is None:
        status, code = (0, "unknown") if entry.unknown else (2, entry.decision.record.reason)
    else:
        result = entry.outcome.record.result
        status, code = 1 if result is Ending.ANSWERED else 2, result.value
    told = {"status_id": status, "status": _STATUSES[status], "status_code": _word(code)}
    return _without_none(told | {"status_detail": _word(entry.decision.record.rule)})


def _disposition(decision: DecisionRecord) -> dict[str, Any]:
    action = 2 if decision.effect is Effect.DENY else 1
    disposition = 17 if decision.observed else 8 if decision.approval and action == 1 else action
    told = {"action_id": action, "action": _ACTIONS[action]}
    return told | {"disposition_id": disposition, "disposition": _DISPOSITIONS[disposition]}


def _severity(entry: Entry) -> dict[str, Any]:
    decision = entry.decision.record
    changes = decision.access is not None and decision.access is not Access.READ
    failed = decision.effect is Effect.DENY or (
        entry.outcome is not None and entry.outcome.record.result is not Ending.ANSWERED
    )
    severity = 3 if decision.observed or (entry.unknown and changes) else 2 if failed or entry.unknown else 1
    return {"severity_id": severity, "severity": _SEVERITIES[severity]}


def _api(decision: DecisionRecord, outcome: OutcomeRecord | None) -> dict[str, Any]:
    api: dict[str, Any] = {
        "operation": _word(decision.operation or decision.tool) or "unknown",
        "service": {"name": decision.provider or "crashgate"},
        "request": {"uid": decision.call},
    }
    if outcome is not None:
        api["response"] = _without_none({"code": outcome.status, "error": outcome.error and outcome.error.value})
    return api


def _policy(decision: DecisionRecord) -> dict[str, Any] | None:
    policy = _without_none({"name": _word(decision.rule), "uid": _word(decision.policy_hash)})
    return policy or None


def _resource(decision: DecisionRecord) -> dict[str, Any]:
    places = (
        ("organization", decision.organization),
        ("project", decision.project),
        ("project", decision.project_slug),
        ("environment", decision.environment),
        ("platform", decision.platform),
        ("app", decision.app),
    )
    return _without_none(
        {
            "type": _word(decision.resource),
            "name": _word(decision.target),
            "labels": [f"{kind}:{_word(place)}" for kind, place in places if place is not None] or None,
            "group": {"name": _word(decision.connection)} if decision.connection else None,
        }
    )


def _rest(decision: DecisionRecord, outcome: Stored[OutcomeRecord] | None) -> dict[str, Any]:
    names = ["tool", "organization_slug", "approval", "answered_by", "trace", "arguments_digest"]
    rest: dict[str, Any] = {name: _word(getattr(decision, name)) for name in names}
    rest["purpose"] = decision.purpose.value
    rest["observed"] = decision.observed or None
    rest["continued"] = decision.continued or None
    rest["arguments"] = {
        _word(name): [_word(each) for each in value] if isinstance(value, tuple) else _plain(value)
        for name, value in decision.arguments.items()
    }
    if outcome is not None:
        record = outcome.record
        rest["outcome"] = _without_none(
            {"seq": outcome.seq, "hash": outcome.hash, "requests": record.requests, "rows": record.rows}
            | {"dropped": record.dropped, "redacted": list(record.redacted), "shared": record.shared}
        )
    return rest


def _milliseconds(at: str) -> int:
    return round(datetime.fromisoformat(at).timestamp() * 1000)


def _plain(value: str | int) -> str | int | None:
    return _word(value) if isinstance(value, str) else value


def _word(text: str | None) -> str | None:
    """Cleaned: the store may have been altered, and a viewer may not be careful."""
    return None if text is None else clean(text, limit=_LONGEST, lines=False)


def _without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
