"""The sandbox's services for sessions, each with its own type, for tests that look into them or make them differ."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crashgate.clock import Clock
from crashgate_sandbox.browserstack.service import PART as BROWSERSTACK_PART
from crashgate_sandbox.browserstack.service import BrowserStack
from crashgate_sandbox.bugspulse.service import PART as BUGSPULSE_PART
from crashgate_sandbox.bugspulse.service import BugsPulse
from crashgate_sandbox.devrev.service import PART as DEVREV_PART
from crashgate_sandbox.devrev.service import DevRev
from crashgate_sandbox.parts import Service
from crashgate_sandbox.world.visits import Visit

BUGSPULSE_PREFIX = BUGSPULSE_PART.prefix
BROWSERSTACK_PREFIX = BROWSERSTACK_PART.prefix
DEVREV_PREFIX = DEVREV_PART.prefix


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionProviders:
    """The three of them, made with the prefixes of their parts."""

    bugspulse: BugsPulse
    browserstack: BrowserStack
    devrev: DevRev

    @classmethod
    def usual(
        cls, now: datetime, clock: Clock, *, limited: bool, visits: Callable[[], Sequence[Visit]] = tuple
    ) -> "SessionProviders":
        """As their vendors have them, with a world's ``visits``; without limits on requests where not ``limited``."""
        return cls(
            bugspulse=BugsPulse(
                prefix=BUGSPULSE_PREFIX,
                requests_per_minute=60 if limited else None,
                visits=visits,
                now=now,
                clock=clock,
            ),
            browserstack=BrowserStack(prefix=BROWSERSTACK_PREFIX, now=now, clock=clock),
            devrev=DevRev(prefix=DEVREV_PREFIX, limit=1000 if limited else None, now=now, clock=clock, visits=visits),
        )

    @property
    def services(self) -> Mapping[str, Service]:
        """Each under its provider's name, as ``create_app`` takes them."""
        return {"bugspulse": self.bugspulse, "browserstack": self.browserstack, "devrev": self.devrev}
