"""The one error tree. Rule: every message says what happened, why, and what to do next.

An error of ours never quotes upstream text (THREATS row 7): an upstream body is mapped to a code and
to words of our own before it becomes one of these.
"""

from enum import StrEnum, unique


@unique
class Code(StrEnum):
    """What went wrong, as data: stands in tool results, in the log, and behind the exit codes."""

    INVALID_ARGUMENTS = "invalid_arguments"
    NOT_AVAILABLE = "not_available"
    CONFIGURATION = "configuration"
    POLICY = "policy"
    LOG_UNAVAILABLE = "log_unavailable"
    LOG_DAMAGED = "log_damaged"
    INTERNAL = "internal"
    UPSTREAM_REJECTED = "upstream_rejected"
    UPSTREAM_CREDENTIAL = "upstream_credential"
    UPSTREAM_FORBIDDEN = "upstream_forbidden"
    UPSTREAM_TOO_DEEP = "upstream_too_deep"
    UPSTREAM_RATE_LIMITED = "upstream_rate_limited"
    UPSTREAM_UNAVAILABLE = "upstream_unavailable"
    UPSTREAM_TIMEOUT = "upstream_timeout"
    UPSTREAM_MALFORMED = "upstream_malformed"


class CrashgateError(Exception):
    """Base of all errors that crashgate raises on purpose.

    ``what`` happened, ``why`` it did (may be empty), and the ``remedy``: what to do next.
    """

    code: Code = Code.INTERNAL

    def __init__(self, what: str, *, why: str = "", remedy: str = "", code: Code | None = None) -> None:
        self.what = what
        self.why = why
        self.remedy = remedy
        if code is not None:
            self.code = code
        super().__init__(" ".join(part for part in (what, why, remedy) if part))


class ConfigurationError(CrashgateError):
    """The operator's settings cannot be used as they are."""

    code = Code.CONFIGURATION


class PolicyError(ConfigurationError):
    """A policy document cannot be used; ``what`` starts with ``file:line``."""

    code = Code.POLICY


class InvalidArgumentsError(CrashgateError):
    """A caller's arguments break a rule of the operation; nothing was sent."""

    code = Code.INVALID_ARGUMENTS


class NotAvailableError(CrashgateError):
    """It does not exist, or this agent may not use it: one error for both (THREATS row 21)."""

    code = Code.NOT_AVAILABLE


class LogUnavailableError(CrashgateError):
    """The decision log cannot store a record, so the call must not be made."""

    code = Code.LOG_UNAVAILABLE


class UpstreamError(CrashgateError):
    """The upstream did not give a usable answer.

    ``status`` is its HTTP status where there was one; ``retry_after`` is in seconds.
    """

    code = Code.UPSTREAM_UNAVAILABLE

    def __init__(  # noqa: PLR0913 - an error is one value with named parts
        self,
        what: str,
        *,
        code: Code,
        why: str = "",
        remedy: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(what, why=why, remedy=remedy, code=code)
        self.status = status
        self.retry_after = retry_after
