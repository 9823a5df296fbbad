"""What is done in an agent's name ends with its identity. Rule: a revoked token sends nothing more, and waits no more.

THREATS row 39. Whether an identity is still good is asked before every request that leaves; what waits (for its turn,
an answer, a person, or an event on a stream) is ended by ``end_revoked``, which is called now and then.
"""

from collections.abc import Generator
from contextlib import contextmanager

import anyio

from crashgate.errors import RevokedError
from crashgate.identity import Identities, Principal

Key = tuple[str, str]


class Revocation:
    """Knows what is under way for each token. Only tokens can be revoked; nothing else is kept here."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self._under_way: dict[Key, tuple[Principal, set[anyio.CancelScope]]] = {}

    def holds(self, principal: Principal) -> bool:
        """Whether the identity is still good."""
        return self._identities.holds(principal)

    def check(self, principal: Principal) -> None:
        """Raises RevokedError where the identity is good no more."""
        if not self._identities.holds(principal):
            raise RevokedError

    @contextmanager
    def until_revoked(self, principal: Principal) -> Generator[None]:
        """Run the block until the identity is good no more. Raises RevokedError where that ended it."""
        if principal.token is None:
            yield
            return
        key, scope = (principal.agent, principal.token), anyio.CancelScope()
        scopes = self._under_way.setdefault(key, (principal, set()))[1]
        scopes.add(scope)
        try:
            with scope:
                yield
        finally:
            scopes.discard(scope)
            if not scopes and self._under_way.get(key, (None, None))[1] is scopes:
                del self._under_way[key]
        if scope.cancelled_caught:
            raise RevokedError

    def end_revoked(self) -> None:
        """End all that is under way for identities that are good no more."""
        for principal, scopes in list(self._under_way.values()):
            if not self._identities.holds(principal):
                for scope in list(scopes):
                    # check: what waits ends with its token
                    scope.cancel()
