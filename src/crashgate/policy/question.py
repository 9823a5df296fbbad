"""What is asked of a policy. Rule: plain values; ``None`` for a place means that it is not known yet."""

import re
from dataclasses import dataclass

from crashgate.catalogue.access import Access
from crashgate.catalogue.params import OBJECT_ID_PATTERN
from crashgate.catalogue.scope import Dimension
from crashgate.policy.wording import word


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The names of one organization or project: its id and its slug. A pattern may match either."""

    names: frozenset[str]

    @property
    def spoken(self) -> str:
        """The name for people: the slug where there is one."""
        ordered = sorted(self.names, key=lambda name: (re.fullmatch(OBJECT_ID_PATTERN, name) is not None, name))
        return word(ordered[0]) if ordered else "unnamed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Whether ``agent`` may do ``access`` to ``resource`` on ``connection``, there.

    ``operation`` is the operation's id, for the record; nothing is decided on it yet. ``dimension`` is what the
    operation's scope says that a grant must name.
    """

    agent: str
    connection: str
    operation: str
    resource: str
    access: Access
    dimension: Dimension
    organization: Place | None = None
    project: Place | None = None
