"""A line on stderr for each decision and each outcome, where such lines are wanted; see ``logs``."""

import logging
from typing import TypeVar

from crashgate.audit.port import DecisionLog
from crashgate.audit.record import DecisionRecord, OutcomeRecord, Record, Stored

CALLS = "crashgate.calls"
T = TypeVar("T", bound=Record)


def logged(log: DecisionLog) -> DecisionLog:
    """The decision log, whose calls are logged too where such lines are wanted."""
    return _CallLog(log) if logging.getLogger(CALLS).isEnabledFor(logging.INFO) else log


class _CallLog:
    """Logs each decision and each outcome that was stored, by the call that they are of, and not what it was about."""

    def __init__(self, log: DecisionLog) -> None:
        self._log = log
        self._lines = logging.getLogger(CALLS)

    async def append(self, record: T) -> Stored[T]:
        stored = await self._log.append(record)
        if isinstance(record, DecisionRecord):
            fields: dict[str, object] = {
                "call": record.call,
                "agent": record.agent,
                "operation": record.operation,
                "connection": record.connection,
                "effect": record.effect.value,
                "reason": record.reason,
                **({"parent": record.parent} if record.parent else {}),
                **({"trace": record.trace} if record.trace else {}),
            }
            self._lines.info("decision", extra={"fields": fields})
        elif isinstance(record, OutcomeRecord):
            fields = {
                "call": record.call,
                "result": record.result.value,
                "error": record.error.value if record.error else None,
                "requests": record.requests,
                "duration_ms": record.duration_ms,
            }
            self._lines.info("outcome", extra={"fields": fields})
        return stored

    async def aclose(self) -> None:
        await self._log.aclose()
