"""Whether a policy is obeyed or only tried out. Rule: trial mode never lets a delete through."""

from enum import StrEnum, unique


@unique
class Mode(StrEnum):
    """``enforce``: what is not granted is refused. ``observe``: it is let through and recorded, loudly."""

    ENFORCE = "enforce"
    OBSERVE = "observe"
