"""Records of what operators do, and of the log itself: freezes, old records pruned, and a head that was missing.

A chain that does not start at its first record is sound only if a checkpoint signed with the log's own key names the
record before the one it starts with; so the signed checkpoint is stored before anything is removed (THREATS row 27).

Whoever deletes the last records of a chain together with its head leaves nothing that shows it. So a head that is
missing beside records is itself a finding, until an operator acknowledges it (THREATS row 41).
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


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadLossRecord:
    """Says that ``chain`` was opened without a head, and ended with its ``seq``-th record, of that hash.

    It is stored before a new head is kept. Raises ValueError for a field that no record may hold.
    """

    KIND: ClassVar[str] = "head_loss"

    at: str
    chain: str
    seq: int
    hash: str
    sentence: str = ""

    def __post_init__(self) -> None:
        """Refuse what no record may hold."""
        check_time(self.at)
        check_chain(self.chain)
        check_hash(self.hash, "hash")
        if self.seq < 1:
            raise ValueError("seq is out of range")


@dataclass(frozen=True, kw_only=True, slots=True)
class AcknowledgementRecord:
    """Says that ``by``, a user of the operating system, knows of all losses of ``chain`` up to its record ``seq``.

    Raises ValueError for a field that no record may hold.
    """

    KIND: ClassVar[str] = "acknowledgement"

    at: str
    by: str
    chain: str
    seq: int
    sentence: str = ""

    def __post_init__(self) -> None:
        """Refuse what no record may hold."""
        check_time(self.at)
        check_word(self.by, "by")
        check_chain(self.chain)
        if self.seq < 1:
            raise ValueError("seq is out of range")


@dataclass(frozen=True, kw_only=True, slots=True)
class FreezeRecord:
    """Says that ``by``, a user of the operating system, froze ``agent``, or ended that.

    ``agent`` is empty for everybody. ``what`` is ``all``, ``writes``, or ``nothing`` where a freeze was ended. Raises
    ValueError for a field that no record may hold.
    """

    KIND: ClassVar[str] = "freeze"

    at: str
    by: str
    agent: str
    what: str
    sentence: str = ""

    def __post_init__(self) -> None:
        """Refuse what no record may hold."""
        check_time(self.at)
        check_word(self.by, "by")
        if self.agent:
            check_word(self.agent, "agent")
        if self.what not in {"all", "writes", "nothing"}:
            raise ValueError("what is none of all, writes and nothing")


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


def loss_sentence(*, chain: str, seq: int) -> str:
    """The loss for people."""
    return f"The head of the chain {chain} was missing. The chain ended with record {seq}; later ones may be gone."


def acknowledgement_sentence(*, by: str, chain: str, seq: int) -> str:
    """The acknowledgement for people."""
    return f"{by} acknowledged that the head of the chain {chain} was missing, as record {seq} says."


def freeze_sentence(*, by: str, agent: str, what: str) -> str:
    """The freeze, or its end, for people."""
    who = f"the agent {agent}" if agent else "every agent"
    if what == "nothing":
        return f"{by} ended the freeze of {who}."
    return f"{by} froze {who}." if what == "all" else f"{by} froze every change by {who}."


def _records(count: int) -> str:
    return f"{count} record{'' if count == 1 else 's'}"
