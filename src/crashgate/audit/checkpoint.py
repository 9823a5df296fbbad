"""Old records taken out of the log, in a way that can be proved later. Rule: the signed record comes before the deed.

A chain that does not start at its first record is sound only if a checkpoint that the log's own key signed names the
record before the one it starts with (THREATS row 27).
"""

from dataclasses import dataclass
from typing import ClassVar

from crashgate.audit.fields import check_chain, check_hash, check_time, check_word
from crashgate.audit.statement import signed_text


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckpointRecord:
    """Says that the first ``seq`` records of ``chain`` may be missing, and that the last of them had the hash ``hash``.

    ``count`` of them go with the prune that follows. ``key`` is the public key (Ed25519, hexadecimal) and
    ``signature`` its signature of ``text``. Raises ValueError for a field that no record may hold.
    """

    KIND: ClassVar[str] = "checkpoint"

    at: str
    chain: str
    seq: int
    hash: str
    count: int
    key: str
    signature: str
    sentence: str = ""

    def __post_init__(self) -> None:
        """Refuse what no record may hold."""
        check_time(self.at)
        check_chain(self.chain)
        check_hash(self.hash, "hash")
        check_hash(self.key, "key")
        if self.seq < 1 or not 0 <= self.count <= self.seq:
            raise ValueError("seq or count is out of range")

    @property
    def text(self) -> bytes:
        """What is signed."""
        return checkpoint_text(at=self.at, chain=self.chain, seq=self.seq, hash_=self.hash, count=self.count)


@dataclass(frozen=True, kw_only=True, slots=True)
class PruneRecord:
    """Says that ``count`` records from before the time ``before`` were taken out of ``chains``, and by whom.

    ``by`` is the name of the operating system's user. Raises ValueError for a field that no record may hold.
    """

    KIND: ClassVar[str] = "prune"

    at: str
    by: str
    before: str
    count: int
    chains: tuple[str, ...]
    sentence: str = ""

    def __post_init__(self) -> None:
        """Refuse what no record may hold."""
        check_time(self.at)
        check_time(self.before, "before")
        check_word(self.by, "by")
        for chain in self.chains:
            check_chain(chain)


def checkpoint_text(*, at: str, chain: str, seq: int, hash_: str, count: int) -> bytes:
    """What a checkpoint signs."""
    return signed_text("checkpoint", {"at": at, "chain": chain, "seq": seq, "hash": hash_, "count": count})


def checkpoint_sentence(*, chain: str, seq: int, count: int) -> str:
    """The checkpoint for people."""
    return (
        f"Signed checkpoint: the chain {chain} may start after record {seq}; {_records(count)} of it are to be pruned."
    )


def prune_sentence(*, by: str, before: str, count: int, chains: tuple[str, ...]) -> str:
    """The prune for people."""
    return f"{by} pruned {_records(count)} from before {before}, of {', '.join(chains)}."


def _records(count: int) -> str:
    return f"{count} record{'' if count == 1 else 's'}"
