"""A gate whose policy wants a person before changes once outsiders' text was read. Rule: nothing is read yet."""

from crashgate.audit.record import DecisionRecord
from crashgate.gate.quotas import Counter
from tests.gate.gate import IOS, Gate, open_gate, policy

GRANTS = (
    '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\n'
    'access.error = "full"\naccess.comment = "write"\naccess.event = "read"\naccess.trend = "read"\n'
)
HOUR = "[approve]\nafter_untrusted_minutes = 60\nexpires_minutes = 10\n"
HERE = {"project_id": IOS.id}
ONE = {**HERE, "error_id": IOS.error}
COMMENT = {**ONE, "message": "Seen."}
BUCKETS = {**HERE, "buckets_count": 2}
MINUTE = 60.0


def gate(approve: str = HOUR, more: str = "", *, counter: Counter | None = None) -> Gate:
    return open_gate(policy(GRANTS + approve + more), counter=counter)


def last_call(opened: Gate) -> DecisionRecord:
    return [each for each in opened.log.decisions if each.parent is None][-1]
