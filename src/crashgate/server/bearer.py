"""Bearer tokens. Rule: exactly one Authorization header with a token of ours, on loopback too, or 401 (rows 2 and 4).

The token ends here: what goes on is the agent's name and the token's public id.
"""

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from crashgate.decisions.attempt import Attempt
from crashgate.identity import VerifiedToken
from crashgate.server.attempts import Attempts
from crashgate.server.identity import Tokens
from crashgate.server.replies import refusal

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
            await self._attempts.note(Attempt.UNAUTHENTICATED, reason)
            answer = refusal(
                401,
                "A valid bearer token is needed.",
                remedy="Send Authorization: Bearer TOKEN; the operator makes one with: crashgate token new AGENT.",
                headers={"WWW-Authenticate": 'Bearer realm="crashgate"'},
            )
            await answer(scope, receive, send)
            return
        scope.get("extensions", {}).get(SHOWN, lambda: None)()
        # The SDK binds its sessions to this user, so that another agent cannot speak in them (row 3).
        user = AuthenticatedUser(AccessToken(token="", client_id=verified.agent, scopes=[], subject=verified.id))
        headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"authorization"]
        await self._app({**scope, "headers": headers, "user": user}, receive, send)

    def _verified(self, headers: list[str]) -> VerifiedToken | None:
        if len(headers) != 1:
            return None
        scheme, _, token = headers[0].partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > LONGEST_TOKEN:
            return None
        return self._tokens.verify(token.strip())
