"""A fingerprint of a call's arguments. Rule: keyed, so that nobody can guess a short value from the log.

It covers all arguments, before anything is left out or redacted, and of a list which page it was: two calls with equal
arguments for one page have equal fingerprints, and without the key the log tells nothing of a value that it does not
show (THREATS row 29).
"""

import hmac
import json
from collections.abc import Mapping

KEY_BYTES = 32
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def arguments_digest(arguments: Mapping[str, object], key: bytes) -> str:
    """HMAC-SHA256 of the arguments as canonical JSON, in hexadecimal.

    Raises ValueError for a key of another length than ``KEY_BYTES``, TypeError for what JSON cannot hold.
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"the key for argument digests has {KEY_BYTES} bytes")
    canonical = _ENCODER.encode(dict(arguments))
    return hmac.digest(key, canonical.encode("ascii"), "sha256").hex()
