"""Who the caller is, as verified. Rule: nothing that a client says of itself names an agent (THREATS row 1).

Over HTTP a request has exactly one Authorization header with a token of ours, on loopback too, or is refused with 401
(rows 2 and 4). The token goes no further: the agent's name and the token's public id do.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.context import ServerRequestContext
from opentelemetry.trace import format_trace_id, get_current_span
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from crashgate.audit.attempt import Attempt
from crashgate.identity import Principal, VerifiedToken, Via
from crashgate.mcp.attempts import Attempts
from crashgate.mcp.body import refusal


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
        # check: without a verified token there is no caller
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
    # check[always]: a span without a trace is none
    return format_trace_id(span.trace_id) if span.is_valid else None


LONGEST_TOKEN = 200
SHOWN = "crashgate.token_shown"
"""The extension of a request's scope that is called when its token is valid."""


class BearerLayer:
    """Puts the verified agent where the SDK looks for it, and takes the token off the request."""

    def __init__(self, app: ASGIApp, attempts: Attempts, tokens: Tokens) -> None:
        self._app = app
        self._attempts = attempts
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its agent, or refuse it."""
        given = Headers(scope=scope).getlist("authorization")
        verified = self._verified(given)
        if verified is None:
            reason = "no_token" if not given else "several_tokens" if len(given) > 1 else "token_not_valid"
            # check: a wrong token has a record
            await self._attempts.note(Attempt.UNAUTHENTICATED, reason)
            answer = refusal(
                401,
                "A valid bearer token is needed.",
                remedy="Send Authorization: Bearer TOKEN; the operator makes one with: crashgate token new AGENT.",
                headers={"WWW-Authenticate": 'Bearer realm="crashgate"'},
            )
            await answer(scope, receive, send)
            return
        # check: a connection that has shown a token stays
        scope.get("extensions", {}).get(SHOWN, lambda: None)()
        # The SDK binds its sessions to this user, so that another agent cannot speak in them (row 3).
        user = AuthenticatedUser(
            AccessToken(
                token="",
                client_id=verified.agent,
                scopes=[],
                # check[none]: a session is of its token
                subject=verified.id,
            )
        )
        headers = [
            (name, value)
            for name, value in scope["headers"]
            # check: the token goes no further
            if name.lower() != b"authorization"
        ]
        await self._app({**scope, "headers": headers, "user": user}, receive, send)

    def _verified(self, headers: list[str]) -> VerifiedToken | None:
        # check: exactly one token
        if len(headers) != 1:
            return None
        scheme, _, token = headers[0].partition(" ")
        if (
            scheme.lower() != "bearer"  # check: a token of the scheme Bearer
            or not token
            or len(token) > LONGEST_TOKEN
        ):
            return None
        return self._tokens.verify(token.strip())
