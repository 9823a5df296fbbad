"""What is wrong with policy documents: file, line, the wrong word and the right one, for all problems at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from crashgate.errors import PolicyError

_SHOWN = 5


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Problem:
    """One thing wrong, at a line (from 1) of a document; ``str`` gives ``policies/x.toml:4: unknown key …``."""

    source: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.text}"


class PolicyDocumentError(PolicyError):
    """Documents that cannot be used: ``what`` is the first problem, ``problems`` are all, by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        first, *others = self.problems
        super().__init__(
            str(first),
            why=_also(others),
            remedy="Nothing of this is in use. Correct it and try again.",
        )


def _also(others: list[Problem]) -> str:
    if not others:
        return ""
    shown = "; ".join(str(problem) for problem in others[:_SHOWN])
    rest = f"; and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    return f"Also: {shown}{rest}."
