"""What an operation does to a resource, and what an agent may do to it. Rule: two short closed lists."""

from enum import StrEnum, unique


@unique
class Access(StrEnum):
    """What an operation does. ``delete`` is everything that cannot be undone or silently loses data."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"

    @property
    def rank(self) -> int:
        """The place in the order, from 0."""
        return _ACCESS_RANK[self]

    @property
    def least_level(self) -> "Level":
        """The lowest level that allows this access."""
        return _LEAST_LEVEL[self]


@unique
class Level(StrEnum):
    """What an agent is granted on a resource: ``off`` < ``read`` < ``write`` < ``full``."""

    OFF = "off"
    READ = "read"
    WRITE = "write"
    FULL = "full"

    @property
    def rank(self) -> int:
        """The place in the order, from 0."""
        return _RANK[self]

    def allows(self, access: Access) -> bool:
        """True when an agent with this level may use an operation with that access."""
        return self.rank >= access.least_level.rank


_LEAST_LEVEL = {Access.READ: Level.READ, Access.WRITE: Level.WRITE, Access.DELETE: Level.FULL}
_RANK = {level: rank for rank, level in enumerate(Level)}
_ACCESS_RANK = {access: rank for rank, access in enumerate(Access)}
