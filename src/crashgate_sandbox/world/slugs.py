"""Short names for addresses. Rule: a name that is taken gets ``-1``, then ``-2``, as upstream counts."""

import re
from collections.abc import Collection
from itertools import count

_NOT_PLAIN = re.compile(r"[^a-z0-9]+")


def free_slug(name: str, taken: Collection[str]) -> str:
    """A slug for that name that is not taken: ``updated_name`` -> ``updated-name``, then ``updated-name-1``."""
    plain = _NOT_PLAIN.sub("-", name.lower()).strip("-") or "unnamed"
    if plain not in taken:
        return plain
    return next(slug for number in count(1) if (slug := f"{plain}-{number}") not in taken)
