"""Where all chains end at a time, signed, to be kept elsewhere: whoever holds it can detect a shorter log.

A head that lies beside the log can be put back together with it. A statement that an auditor keeps cannot: the log must
still hold the records that it names, and whatever was stored before them (THREATS row 27).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crashgate.audit.chain import Head
from crashgate.audit.fields import check_chain, check_hash, check_time

_MARK = "crashgate log"
_VERSION = 1
_SIGNATURE = 128


class Signer(Protocol):
    """A private key of Ed25519."""

    @property
    def public(self) -> str:
        """The public key, 64 hexadecimal digits."""
        ...

    def sign(self, text: bytes) -> str:
        """The signature, 128 hexadecimal digits."""
        ...


class Ed25519Signer:
    """A ``Signer`` with a private key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(key)
        self.public = self._key.public_key().public_bytes_raw().hex()

    def sign(self, text: bytes) -> str:
        """The signature, 128 hexadecimal digits."""
        return self._key.sign(text).hex()


def is_signed(text: bytes, *, key: str, signature: str) -> bool:
    """Whether the owner of the public key (hexadecimal) signed the text."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """The heads of all chains at a time, with the public key and its signature of ``text``."""

    at: str
    heads: Mapping[str, Head]
    key: str
    signature: str

    @property
    def text(self) -> bytes:
        """What is signed."""
        return _text(self.at, self.heads)

    def to_json(self) -> dict[str, Any]:
        """The statement as it is printed."""
        return {"statement": "head", "version": _VERSION, **_body(self.at, self.heads), "key": self.key} | {
            "signature": self.signature
        }


def state(at: str, heads: Mapping[str, Head], signer: Signer) -> Statement:
    """A signed statement of the heads."""
    return Statement(at=at, heads=heads, key=signer.public, signature=signer.sign(_text(at, heads)))


def read_statement(text: str) -> Statement:
    """The statement that ``to_json`` made. Raises ValueError for anything else; the signature is not checked."""
    try:
        plain = json.loads(text)
        heads = {str(each["chain"]): Head(seq=int(each["seq"]), hash=str(each["hash"])) for each in plain["chains"]}
        found = Statement(
            at=str(plain["at"]), heads=heads, key=str(plain["key"]), signature=str(plain["signature"]).lower()
        )
        known = (plain["statement"], plain["version"]) == ("head", _VERSION)
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("it is not a statement of crashgate") from error
    if not known or len(found.signature) != _SIGNATURE:
        raise ValueError("it is not a statement of crashgate")
    check_time(found.at)
    check_hash(found.key, "key")
    for chain, head in found.heads.items():
        check_chain(chain)
        check_hash(head.hash, "hash")
    return found


def signed_text(kind: str, fields: Mapping[str, object]) -> bytes:
    """What is signed: the kind in front, so that a signature of one kind of thing never fits another."""
    body = json.dumps(dict(fields), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"{_MARK} {kind} {_VERSION}\n{body}".encode("ascii")


def _text(at: str, heads: Mapping[str, Head]) -> bytes:
    return signed_text("head", _body(at, heads))


def _body(at: str, heads: Mapping[str, Head]) -> dict[str, Any]:
    chains = [{"chain": chain, "seq": heads[chain].seq, "hash": heads[chain].hash} for chain in sorted(heads)]
    return {"at": at, "chains": cast("list[Any]", chains)}
