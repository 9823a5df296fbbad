"""What the exit code of a command means. Rule: a code means the same for every command, with one exception.

The exception is ``policy diff``: its 2 says that something widens, and nothing else. A wrong call of it exits with 3.
"""

from collections.abc import Mapping
from enum import IntEnum, unique

from crashgate.errors import Code


@unique
class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    NO = 1
    USAGE = 2
    CONFIGURATION = 3
    LOG = 4
    UPSTREAM = 5
    DEPENDS = 6
    EXPORT = 7
    DEFECT = 70
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def meaning(self) -> str:
        """For the help and the reference pages."""
        return _MEANINGS[self]


_MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.OK: "Done, or the answer is yes.",
    ExitCode.NO: "The answer is no: denied, a page that is not current, a demo that did not go as it should.",
    ExitCode.USAGE: "The command was not called as its help says. Of `policy diff` instead: something widens.",
    ExitCode.CONFIGURATION: "The configuration or a policy cannot be used. Of `policy diff` also: a wrong call.",
    ExitCode.LOG: "The decision log cannot be read or written, or it is not sound.",
    ExitCode.UPSTREAM: "An upstream did not give a usable answer.",
    ExitCode.DEPENDS: "The answer depends on a place that is not named.",
    ExitCode.EXPORT: "An export cannot be stored or go on as things are. What arrived of it is kept.",
    ExitCode.DEFECT: "A defect of crashgate itself.",
    ExitCode.INTERRUPTED: "Interrupted with Ctrl-C.",
    ExitCode.TERMINATED: "Told to stop (SIGTERM).",
}

_OF_ERRORS: Mapping[Code, ExitCode] = {
    Code.INVALID_ARGUMENTS: ExitCode.USAGE,
    Code.NOT_AVAILABLE: ExitCode.NO,
    Code.CONFIGURATION: ExitCode.CONFIGURATION,
    Code.POLICY: ExitCode.CONFIGURATION,
    Code.LOG_UNAVAILABLE: ExitCode.LOG,
    Code.LOG_DAMAGED: ExitCode.LOG,
    Code.INTERNAL: ExitCode.DEFECT,
    Code.RATE_LIMITED: ExitCode.NO,
    Code.TOO_MANY_ROWS: ExitCode.NO,
    Code.APPROVAL_REQUIRED: ExitCode.NO,
    Code.APPROVAL_REJECTED: ExitCode.NO,
    Code.POLICY_CHANGED: ExitCode.NO,
    Code.STATE_UNAVAILABLE: ExitCode.LOG,
    Code.TOKEN_REVOKED: ExitCode.NO,
    Code.EXPORT_FAILED: ExitCode.EXPORT,
    Code.UPSTREAM_REJECTED: ExitCode.UPSTREAM,
    Code.UPSTREAM_CREDENTIAL: ExitCode.UPSTREAM,
    Code.UPSTREAM_FORBIDDEN: ExitCode.UPSTREAM,
    Code.UPSTREAM_TOO_DEEP: ExitCode.UPSTREAM,
    Code.UPSTREAM_RATE_LIMITED: ExitCode.UPSTREAM,
    Code.UPSTREAM_UNAVAILABLE: ExitCode.UPSTREAM,
    Code.UPSTREAM_TIMEOUT: ExitCode.UPSTREAM,
    Code.UPSTREAM_MALFORMED: ExitCode.UPSTREAM,
}
if set(_OF_ERRORS) != set(Code):
    raise ValueError("an error has no exit code")


def exit_code(code: Code) -> ExitCode:
    """The exit code for an error."""
    return _OF_ERRORS[code]
