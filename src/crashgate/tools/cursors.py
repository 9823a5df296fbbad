"""Opaque cursors. Rule: sealed, short-lived, and good only for the agent, call and policy that they were made for.

THREATS rows 3, 15 and 31. A cursor holds the query string of the next page, never an address; the door builds the
request from the operation again.
"""

import base64
import json
import secrets
import struct
import zlib
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crashgate.clock import Clock
from crashgate.errors import InvalidArgumentsError
from crashgate.gate.given import is_given

LIFETIME_SECONDS = 3600
LONGEST_CURSOR = 24_000
_LONGEST_QUERY = 16_000
"""Characters; twice what the longest filters and the upstream's own parameters need, and its cursor fits above."""

_NONCE_BYTES = 12
_EXPIRY = struct.Struct(">I")


class Cursors:
    """Makes and reads cursors with a key of this process; a restart ends them all."""

    def __init__(self, clock: Clock, *, key: bytes | None = None) -> None:
        self._clock = clock
        self._cipher = AESGCM(key or AESGCM.generate_key(bit_length=128))

    def seal(self, mark: str, *, bound_to: Sequence[object]) -> str:
        """A cursor for the page at ``mark``; ``bound_to`` must be given again to open it."""
        expiry = _EXPIRY.pack(int(self._clock.now().timestamp()) + LIFETIME_SECONDS)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        packed = zlib.compress(mark.encode(), 9)
        sealed = nonce + self._cipher.encrypt(nonce, expiry + packed, _context(bound_to))
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, cursor: str, *, bound_to: Sequence[object]) -> str:
        """The query string. Raises InvalidArgumentsError for every cursor that is not good here and now."""
        try:
            sealed = base64.urlsafe_b64decode(cursor[:LONGEST_CURSOR].encode("ascii") + b"==")
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _context(bound_to))
            (expiry,) = _EXPIRY.unpack(plain[: _EXPIRY.size])
            unpacker = zlib.decompressobj()
            unpacked = unpacker.decompress(plain[_EXPIRY.size :], _LONGEST_QUERY)
        except (ValueError, InvalidTag, struct.error, zlib.error):
            raise _not_good() from None
        # Part of a query would ask for something else: filters could be missing from it.
        if (
            expiry < self._clock.now().timestamp()  # check: a cursor ends after an hour
            # check: a cursor is opened whole or not at all
            or not unpacker.eof
        ):
            raise _not_good()
        return unpacked.decode()


def rest_of(mark: str | None, shown: int) -> str:
    """The mark of the rows of a page after the first ``shown`` of them. No upstream's mark begins with a new line."""
    return f"\n{shown}\n{mark or ''}"


def within(mark: str | None) -> tuple[str | None, int]:
    """The mark of a page, and how many of its rows were shown already."""
    if mark is None or not mark.startswith("\n"):
        return mark, 0
    _, shown, page = mark.split("\n", 2)
    return page or None, int(shown)


def _context(bound_to: Sequence[object]) -> bytes:
    return json.dumps(
        # check[none]: a cursor is of its call
        list(bound_to),
        sort_keys=True,
        separators=(",", ":"),
        default=str,
    ).encode()


def _not_good() -> InvalidArgumentsError:
    return InvalidArgumentsError(
        "cursor is not valid for this call.",
        because="the argument cursor is not valid",
        why="It is older than an hour, or the other arguments, the policy or the server changed.",
        remedy="Call again without cursor to start from the first page. Nothing was sent.",
    )


def open_cursor(cursors: Cursors, cursor: object, *, pages: bool, bound_to: Sequence[object]) -> str | None:
    """The mark in a cursor that was given; None without one. Raises InvalidArgumentsError."""
    if not is_given(cursor):
        return None
    if not pages or not isinstance(cursor, str):
        raise InvalidArgumentsError(
            "cursor must be the next_cursor of a list.",
            because="the argument cursor is not valid",
            remedy="Nothing was sent.",
        )
    return cursors.open(cursor, bound_to=bound_to)
