"""How other people's words appear in our sentences: bounded and cleaned, and what is left out is counted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches

from crashgate.model.scope import Dimension
from crashgate.sanitise import clean

_WORD_LIMIT = 60


def word(text: str) -> str:
    """``text`` as it may stand in a message: one line, no hidden characters, at most 60 characters."""
    return clean(text, limit=_WORD_LIMIT, lines=False)


def listed(words: Sequence[str], *, limit: int) -> str:
    """``a, b, and 12 more``: whole words up to ``limit`` characters, and the count of the rest."""
    shown: list[str] = []
    room = limit
    for each in words:
        room -= len(each) + len(", ")
        if room < 0:
            break
        shown.append(each)
    rest = len(words) - len(shown)
    if rest:
        shown.append(f"and {rest} more" if shown else f"{rest} not shown")
    return ", ".join(shown)


def unknown(kind: str, wrong: str, known: Iterable[str]) -> str:
    """``unknown level `wirte`; did you mean `write`?``, or what there is when nothing is near."""
    options = list(known)
    near = get_close_matches(wrong.lower()[:_WORD_LIMIT], options, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"what there is: {listed(options, limit=200)}"
    return f"unknown {kind} `{word(wrong)}`; {hint}"


def inner_first(kinds: Collection[Dimension]) -> list[Dimension]:
    """Those kinds of place, each before the one around it: ``projects``, then ``organizations``."""
    around = {kind.wider for kind in kinds}
    ordered = [each for kind in kinds if kind not in around for each in (kind, kind.wider)]
    return list(dict.fromkeys(each for each in ordered if each is not None and each in kinds))


def places(named: Mapping[Dimension, Sequence[str]], *, limit: int = 200) -> str:
    """Where a grant holds: ``projects checkout-* of organizations acme``, ``all projects``, or ``anywhere``."""
    parts = [
        f"all {dimension}" if "*" in named[dimension] else f"{dimension} {listed(named[dimension], limit=limit)}"
        for dimension in inner_first(named)
    ]
    return " of ".join(parts) or "anywhere"
