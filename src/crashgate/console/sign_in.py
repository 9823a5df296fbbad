"""Who may see the console: whoever started it, by a link that works once."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from crashgate.clock import Clock

LINK_MINUTES = 10
_SESSION_HOURS = 8
_MOST_WRONG = 20
_BYTES = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """A browser that was let in. ``id`` is in its cookie, ``form_key`` in every form that it is given."""

    id: str
    form_key: str
    expires: datetime


class SignIn:
    """One link, and the one session that it was exchanged for. THREATS row 62.

    ``link_key`` is the secret in the link: good once, for ten minutes, and for nobody after 20 wrong keys.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.link_key = secrets.token_urlsafe(_BYTES)
        self._until = clock.now() + timedelta(minutes=LINK_MINUTES)
        self._wrong = 0
        self._used = False
        self._session: Session | None = None

    def exchange(self, key: str) -> Session | None:
        """The session that the key of the link gives; None where it gives none, or none any more."""
        if not hmac.compare_digest(key.encode(), self.link_key.encode()):
            self._wrong += 1
            return None
        # check: a link is good once and for a short time
        if self._used or self._wrong >= _MOST_WRONG or self._clock.now() >= self._until:
            return None
        self._used = True
        self._session = Session(
            id=secrets.token_urlsafe(_BYTES),
            form_key=secrets.token_urlsafe(_BYTES),
            expires=self._clock.now() + timedelta(hours=_SESSION_HOURS),
        )
        return self._session

    def session(self, cookie: str) -> Session | None:
        """The session of a cookie. A cookie that we did not give is nobody's."""
        held = self._session
        if held is None or not hmac.compare_digest(cookie.encode(), held.id.encode()):
            return None
        return held if self._clock.now() < held.expires else None

    def end(self) -> None:
        """Sign out."""
        self._session = None
