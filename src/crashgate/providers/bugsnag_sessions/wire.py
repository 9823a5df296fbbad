"""BugSnag session tracking on the wire. Rule: what may have been counted is said, for a second report counts twice.

Source: docs/upstreams/bugsnag-sessions.md#reports and #answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from crashgate.errors import Code, UpstreamError
from crashgate.model.message import Response
from crashgate.model.operation import AnyOperation
from crashgate.model.provider import Wire

PAYLOAD_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class BugSnagSessions(Wire):
    """The dialect of the session tracking API; the credential is a project's API key."""

    def headers(self, *, with_body: bool) -> Mapping[str, str]:
        """The key and the payload's version; ``Bugsnag-Sent-At`` is a parameter of the report."""
        del with_body
        return {
            "Bugsnag-Api-Key": self.connection.credential.get_secret_value(),
            "Bugsnag-Payload-Version": PAYLOAD_VERSION,
            "Content-Type": "application/json",
        }

    def failure(self, response: Response, operation: AnyOperation) -> UpstreamError | None:
        """Our error for a status, and None for 2xx, which every notifier takes for a success."""
        del operation
        if response.ok:
            return None
        what, remedy, code = self._meaning(response.status)
        return UpstreamError(what, remedy=remedy, code=code, status=response.status)

    def _meaning(self, status: int) -> tuple[str, str, Code]:
        name = self.connection.name
        match status:
            case 400 | 405 | 413 | 422:
                return (
                    f"BugSnag refused the session report ({status}); nothing of it was counted.",
                    "Check app, device and session_counts.",
                    Code.UPSTREAM_REJECTED,
                )
            case 401 | 403:
                return (
                    f"BugSnag did not accept the project's API key ({status}); nothing was counted.",
                    f"Tell the operator of crashgate to check the key of connection {name}.",
                    Code.UPSTREAM_CREDENTIAL,
                )
            case 429:
                return (
                    "BugSnag's rate limit for sessions is used up (429); nothing of this report was counted.",
                    "Send the same counts again in a minute.",
                    Code.UPSTREAM_RATE_LIMITED,
                )
            case _:
                return (
                    f"BugSnag failed ({status}); the sessions may or may not have been counted.",
                    "Do not send the same counts again: a second report would count twice.",
                    Code.UPSTREAM_UNAVAILABLE,
                )
