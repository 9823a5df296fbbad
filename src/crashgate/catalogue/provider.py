"""The kinds of upstream. Rule: the policy's and the log's word for each is the value here."""

from enum import StrEnum, unique


@unique
class Provider(StrEnum):
    """A kind of upstream API, or crashgate itself for what it answers on its own."""

    CRASHGATE = "crashgate"
    BUGSNAG = "bugsnag"

    @property
    def spoken(self) -> str:
        """The name in a sentence."""
        return {Provider.CRASHGATE: "crashgate", Provider.BUGSNAG: "BugSnag"}[self]
