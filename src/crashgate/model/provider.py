"""The kinds of upstream. Rule: the policy's and the log's word for each is the value here."""

from enum import StrEnum, unique


@unique
class Provider(StrEnum):
    """A kind of upstream API, or crashgate itself for what it answers on its own."""

    CRASHGATE = "crashgate"
    BUGSNAG = "bugsnag"
    BUGSNAG_SESSIONS = "bugsnag-sessions"
    BUGSPULSE = "bugspulse"
    BROWSERSTACK = "browserstack"
    DEVREV = "devrev"

    @property
    def spoken(self) -> str:
        """The name in a sentence."""
        return _SPOKEN[self]


_SPOKEN = {
    Provider.CRASHGATE: "crashgate",
    Provider.BUGSNAG: "BugSnag",
    Provider.BUGSNAG_SESSIONS: "BugSnag session tracking",
    Provider.BUGSPULSE: "BugsPulse",
    Provider.BROWSERSTACK: "BrowserStack AI Evals",
    Provider.DEVREV: "DevRev",
}
