"""The upstreams that hold sessions, beside BugSnag. Rule: each is at its own prefix and knows nothing of the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crashgate.clock import Clock
from crashgate_sandbox.browserstack.service import BrowserStack
from crashgate_sandbox.bugspulse.service import BugsPulse
from crashgate_sandbox.devrev.service import DevRev
from crashgate_sandbox.front import Provider

BUGSPULSE_PREFIX, BROWSERSTACK_PREFIX, DEVREV_PREFIX = "/bugspulse", "/browserstack", "/devrev"


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionProviders:
    """The three of them, made with the prefixes of this module."""

    bugspulse: BugsPulse
    browserstack: BrowserStack
    devrev: DevRev

    @classmethod
    def usual(cls, now: datetime, clock: Clock, *, limited: bool) -> "SessionProviders":
        """As their vendors have them; without limits on requests where not ``limited``."""
        return cls(
            bugspulse=BugsPulse(
                prefix=BUGSPULSE_PREFIX, requests_per_minute=60 if limited else None, now=now, clock=clock
            ),
            browserstack=BrowserStack(prefix=BROWSERSTACK_PREFIX, now=now, clock=clock),
            devrev=DevRev(prefix=DEVREV_PREFIX, limit=1000 if limited else None, now=now, clock=clock),
        )

    @property
    def by_prefix(self) -> Mapping[str, Provider]:
        """Where each is."""
        return {
            BUGSPULSE_PREFIX: self.bugspulse,
            BROWSERSTACK_PREFIX: self.browserstack,
            DEVREV_PREFIX: self.devrev,
        }
