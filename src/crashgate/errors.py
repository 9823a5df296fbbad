"""The one error tree. Every message says what happened, why, and what to do next.

An error of ours never quotes upstream text (THREATS row 7): an upstream body is mapped to a code and
to words of our own before it becomes one of these.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

_SHOWN = 5
"""Problems of policy documents in the text of an error; the rest is counted."""


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
    RATE_LIMITED = "rate_limited"
    TOO_MANY_ROWS = "too_many_rows"
    APPROVAL_REQUIRED = "approval_required"
    APPROVAL_REJECTED = "approval_rejected"
    POLICY_CHANGED = "policy_changed"
    STATE_UNAVAILABLE = "state_unavailable"
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - the name of an error
    EXPORT_FAILED = "export_failed"
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


class AddressError(ConfigurationError):
    """The base URL of a connection cannot be used."""


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Problem:
    """One thing wrong at a line (from 1) of a policy document; ``str`` gives ``policies/x.toml:4: unknown key …``."""

    source: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.text}"


class PolicyDocumentError(ConfigurationError):
    """Policy documents that cannot be used: ``what`` is the first problem, ``problems`` are all, by file and line."""

    code = Code.POLICY

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        first, *others = self.problems
        super().__init__(
            str(first),
            why=_also(others),
            remedy="Nothing of this is in use. Correct it and try again.",
        )


def _also(others: list[Problem]) -> str:
    if not others:
        return ""
    shown = "; ".join(str(problem) for problem in others[:_SHOWN])
    rest = f"; and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    return f"Also: {shown}{rest}."


class InvalidArgumentsError(CrashgateError):
    """A caller's arguments break a rule of the operation; nothing was sent.

    ``because`` is the clause for the log. It names the arguments that are wrong, where their names may be shown.
    ``choices`` are what may be meant, in words that others wrote, cleaned.
    """

    code = Code.INVALID_ARGUMENTS

    def __init__(
        self,
        what: str,
        *,
        because: str = "its arguments are not valid",
        why: str = "",
        remedy: str = "",
        choices: tuple[Mapping[str, str], ...] = (),
    ) -> None:
        super().__init__(what, why=why, remedy=remedy)
        self.because = because
        self.choices = choices


class NotAvailableError(CrashgateError):
    """It does not exist, or this agent may not use it: one error for both (THREATS row 21)."""

    code = Code.NOT_AVAILABLE


class LogUnavailableError(CrashgateError):
    """The decision log cannot store a record, so the call must not be made."""

    code = Code.LOG_UNAVAILABLE


class NotNowError(CrashgateError):
    """The policy allows it in itself, but it must not be done now; nothing was sent.

    ``because`` is the clause for the log. ``approval`` is the id of the request for approval, where there is one, and
    ``answered_by`` the person who answered it.
    """

    def __init__(  # noqa: PLR0913 - an error is one value with named parts
        self,
        what: str,
        *,
        because: str,
        code: Code | None = None,
        why: str = "",
        remedy: str = "",
        approval: str | None = None,
        answered_by: str | None = None,
    ) -> None:
        super().__init__(what, why=why, remedy=remedy, code=code)
        self.because = because
        self.approval = approval
        self.answered_by = answered_by


class LimitError(NotNowError):
    """The agent did as much as its policy lets it do in the time.

    ``retry_after`` is in whole seconds, None where waiting alone does not help.
    """

    code = Code.RATE_LIMITED

    def __init__(
        self, what: str, *, because: str, why: str = "", remedy: str = "", retry_after: int | None = None
    ) -> None:
        super().__init__(what, because=because, why=why, remedy=remedy)
        self.retry_after = retry_after


class ApprovalError(NotNowError):
    """A person has to agree first (``approval_required``), or did not agree (``approval_rejected``)."""

    code = Code.APPROVAL_REQUIRED


class StateUnavailableError(NotNowError):
    """Counts or approvals cannot be read or stored."""

    code = Code.STATE_UNAVAILABLE


class RevokedError(CrashgateError):
    """The token that vouched for the agent was revoked while its call was under way; nothing more was sent."""

    code = Code.TOKEN_REVOKED

    def __init__(self) -> None:
        super().__init__(
            "The token that this call came with was revoked.",
            why="Nothing more was sent.",
            remedy="Ask the operator of crashgate for a new one.",
        )


class ExportError(CrashgateError):
    """The export cannot be made, or not go on, as things are.

    The code says whose it is to mend: ``export_failed`` is about what is stored, ``configuration`` about where, and
    ``upstream_malformed`` about rows that are not as documented.
    """

    code = Code.EXPORT_FAILED


class RowLimitError(CrashgateError):
    """An export has more rows than the agent's policy lets one export hold."""

    code = Code.TOO_MANY_ROWS


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
