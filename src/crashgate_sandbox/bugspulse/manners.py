"""How the upstream behaves where its page is silent. Rule: a guess (G) has its alternative beside it."""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class OverLimit(StrEnum):
    """What becomes of ``limit=1001``."""

    REFUSE = "refuse"
    """400."""
    CLAMP = "clamp"
    """As if it were the most, which the answer's ``limit`` then says."""


@unique
class Window(StrEnum):
    """Which minute the 60 requests are counted in."""

    FIXED = "fixed"
    """The minute that the key's first request begins."""
    SLIDING = "sliding"
    """The last 60 seconds, at every moment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manners:
    """What the page does not say."""

    over_limit: OverLimit = OverLimit.REFUSE
    window: Window = Window.FIXED
    retry_after: bool = True
    """Whether a 429 has a ``Retry-After`` header."""
    whole_last_day: bool = True
    """Whether a bare date in ``to`` means until the end of that day; otherwise its first moment."""
    pages_events: bool = False
    """Whether events take ``page`` and ``limit``. The example's ``limit`` equals its ``total``, so probably not."""
