"""An attempt that never became a call of an operation. Nothing in it is the caller's own text.

A request without a valid token, one that is not JSON, one that is too large: the gateway never sees it, and still it is
recorded. The record says what kind of attempt it was, when, how often, and whose, as far as a token proves that. The
caller's address, path and text are not in it (THREATS rows 16, 24 and 29).
"""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import ClassVar

from crashgate.audit.fields import check_agent, check_code, check_time
from crashgate.identity import Via


@unique
class Attempt(StrEnum):
    """What kind of attempt it was."""

    UNAUTHENTICATED = "unauthenticated"
    """No valid token (401)."""
    FORBIDDEN = "forbidden"
    """The token is valid but not for this (403)."""
    MALFORMED = "malformed"
    """Not strict JSON, or not a JSON-RPC message."""
    BATCH = "batch"
    OVERSIZED = "oversized"
    WRONG_METHOD = "wrong_method"
    WRONG_HOST = "wrong_host"
    """A Host or Origin header that is not ours."""
    RATE_LIMITED = "rate_limited"
    TIMED_OUT = "timed_out"
    """The body came too slowly, or not whole."""
    SESSION_REFUSED = "session_refused"
    """A session that does not exist or is another's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptRecord:
    """One attempt, or ``count`` of one kind and agent from ``at`` until ``until``.

    ``agent`` is None unless a valid token stands for it. ``reason`` is a fixed code of ours, such as ``no_token``.
    Times are RFC 3339 in UTC with milliseconds; ``until`` is empty for a single attempt. ``sentence`` is set by
    ``attempt_sentence.tell_attempt``. Raises ValueError for a time, agent, reason or count that no record may hold.
    """

    KIND: ClassVar[str] = "attempt"

    at: str
    what: Attempt
    via: Via
    reason: str
    agent: str | None = None
    count: int = 1
    until: str = ""
    sentence: str = ""

    def __post_init__(self) -> None:
        """Refuse what no record may hold."""
        check_time(self.at)
        check_code(self.reason, "reason")
        if self.agent is not None:
            # check: an attempt names only a legal agent
            check_agent(self.agent)
        if self.count < 1 or (self.count > 1 and not self.until):
            raise ValueError("count is less than 1, or many attempts have no end")
        if self.until:
            check_time(self.until, "until")
