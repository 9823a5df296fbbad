"""Chance that repeats itself. Rule: the same seed and path give the same draw, on any machine and on any day."""

from hashlib import blake2b
from random import Random

_ID_BYTES = 12


def object_id(seed: int, *path: object) -> str:
    """24 hexadecimal digits, as the vendor's ids are."""
    return _digest(seed, *path).hex()


def draw(seed: int, *path: object) -> Random:
    """A source of numbers that depends on the seed and the path alone."""
    return Random(int.from_bytes(_digest(seed, *path)))  # noqa: S311 - believable data, not secrets


def _digest(seed: int, *path: object) -> bytes:
    return blake2b("/".join(map(str, (seed, *path))).encode(), digest_size=_ID_BYTES).digest()
