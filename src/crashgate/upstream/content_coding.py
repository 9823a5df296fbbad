"""The content coding of an upstream's answer. Rule: one coding at most; input, output and time are bounded.

A few kilobytes of gzip can hold gigabytes, and a stream of empty blocks costs time and gives nothing at all. An answer
that takes much more room compressed than unpacked, or too long, is refused before it is done (THREATS row 37).
"""

import time
import zlib
from collections.abc import Callable, Iterable

from crashgate.upstream.transport import Fault, TransportError

ACCEPTED = "gzip"
"""What we ask for, and the one coding that we read."""

MOST_SECONDS = 1.0
"""Of the processor's time; 8 MiB of JSON take a twentieth."""

_CODINGS = {"gzip", "x-gzip"}
_WITH_HEADER = zlib.MAX_WBITS | 16
_SLICE = 16 * 1024
"""Bytes of input or output between two looks at the bounds."""
_FREE_INPUT = 64 * 1024
_INPUT_PER_OUTPUT = 8
"""Beyond ``_FREE_INPUT``, bytes read for one byte unpacked. A compressor that is asked for it after every byte of text
writes six."""


def is_coded(encodings: Iterable[str]) -> bool:
    """Whether the answer is compressed; ``encodings`` are the values of its ``Content-Encoding``.

    Raises TransportError for more than one coding, or for one that was not asked for.
    """
    codings = [coding for each in encodings if (coding := each.strip().lower()) not in {"", "identity"}]
    if not codings:
        return False
    if (
        len(codings) > 1  # check: an answer has at most one content coding
        # check: an answer is compressed in the way that was asked for
        or codings[0] not in _CODINGS
    ):
        raise TransportError(Fault.UNREADABLE)
    return True


def unpacked(body: bytes, *, largest: int, clock: Callable[[], float] = time.thread_time) -> bytes:
    """What the gzip stream ``body`` holds, at most ``largest`` bytes. ``clock`` tells seconds.

    Raises TransportError.
    """
    unpacker = zlib.decompressobj(_WITH_HEADER)
    found, end, source = bytearray(), clock() + MOST_SECONDS, memoryview(body)
    read, rest = 0, b""
    try:
        while not unpacker.eof:
            if not rest and read < len(source):
                rest = bytes(source[read : read + _SLICE])
                read += len(rest)
            part = unpacker.decompress(rest, _SLICE)
            if not part and not rest:
                raise TransportError(Fault.CUT_OFF)
            rest = unpacker.unconsumed_tail
            found += part
            # check: what an answer unpacks to is bounded
            if len(found) > largest:
                raise TransportError(Fault.TOO_LARGE)
            if (
                # check: what is read for nothing of a compressed answer is bounded
                read > _FREE_INPUT + _INPUT_PER_OUTPUT * len(found)
                # check: the time for unpacking an answer is bounded
                or clock() > end
            ):
                raise TransportError(Fault.UNREADABLE)
    except zlib.error as problem:
        raise TransportError(Fault.CUT_OFF) from problem
    if unpacker.unused_data or read < len(source):
        raise TransportError(Fault.UNREADABLE)
    return bytes(found)
