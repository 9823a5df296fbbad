"""A chain whose head was gone, and an operator who knows of it. Rule: until somebody says so, the chain is not sound.

Whoever deletes the last records of a chain together with its head leaves nothing that shows it. So a head that is
missing beside records is itself the finding (THREATS row 41).
"""

from dataclasses import dataclass
from typing import ClassVar

from crashgate.audit.fields import check_chain, check_hash, check_time, check_word


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


def loss_sentence(*, chain: str, seq: int) -> str:
    """The loss for people."""
    return f"The head of the chain {chain} was missing. The chain ended with record {seq}; later ones may be gone."


def acknowledgement_sentence(*, by: str, chain: str, seq: int) -> str:
    """The acknowledgement for people."""
    return f"{by} acknowledged that the head of the chain {chain} was missing, as record {seq} says."
