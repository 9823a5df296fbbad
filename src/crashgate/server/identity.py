"""Who the caller is, as verified. Rule: nothing that a client says of itself names an agent (THREATS row 1)."""

from dataclasses import dataclass
from typing import Any, Protocol

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.context import ServerRequestContext
from opentelemetry.trace import format_trace_id, get_current_span

from crashgate.identity import Principal, VerifiedToken, Via


class Tokens(Protocol):
    """Where bearer tokens are checked."""

    def verify(self, token: str) -> VerifiedToken | None:
        """Whose token this is; None for every text that is not a token in force."""
        ...


class Identify(Protocol):
    """Tells the principal of a request."""

    def __call__(self, context: ServerRequestContext[Any, Any]) -> Principal:
        """The principal. Raises PermissionError where none was verified."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Launched:
    """The agent of the launch configuration: one process, one agent."""

    agent: str
    via: Via = Via.STDIO

    def __call__(self, context: ServerRequestContext[Any, Any]) -> Principal:
        """The same agent for every request."""
        return Principal(agent=self.agent, via=self.via, client=client_name(context), trace=trace_id())


@dataclass(frozen=True, kw_only=True, slots=True)
class Bearer:
    """The agent of the bearer token that the HTTP side verified for this very request."""

    def __call__(self, context: ServerRequestContext[Any, Any]) -> Principal:
        """The token's agent."""
        token = get_access_token()
        if token is None:
            raise PermissionError("no verified token")
        return Principal(
            agent=token.client_id,
            via=Via.HTTP,
            subject=f"token {token.subject}",
            token=token.subject,
            client=client_name(context),
            trace=trace_id(),
        )


def client_name(context: ServerRequestContext[Any, Any]) -> str | None:
    """What the client calls itself: for the log's eye only."""
    params = context.session.client_params
    return params.client_info.name if params is not None else None


def trace_id() -> str | None:
    """The trace that the request belongs to, for the log's eye only; None where there is none.

    The protocol library reads ``traceparent`` out of ``_meta`` and opens a span for each request
    (https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/); an operator who runs OpenTelemetry has one without it.
    """
    span = get_current_span().get_span_context()
    return format_trace_id(span.trace_id) if span.is_valid else None
