"""How many examples a search of hypothesis looks at. Rule: a test says a share of the profile's number, never a number.

So that ``make test-fast`` looks at fewer and ``make nightly`` at more.
"""

from hypothesis import settings


def examples(share: float) -> int:
    """So many times the number of the profile, at least 2."""
    return max(2, round((settings.default or settings()).max_examples * share))
