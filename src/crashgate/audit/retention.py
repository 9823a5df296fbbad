"""What an operator does with the log as a whole: state where it ends, acknowledge lost heads, prune it.

Records are removed from the start of each chain only, and never the last one nor the one whose head is kept, so that
every chain goes on where it was. Processes that write meanwhile lose nothing: checkpoints and the record of the prune
stand in a chain that is claimed for it. Order matters: a sound log, a signed checkpoint, the removal, then a record of
the removal.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from crashgate.audit.canonical import decode_as
from crashgate.audit.chain import Fault, Row, Verdict
from crashgate.audit.chain_writer import ChainWriter
from crashgate.audit.checkpoint import (
    AcknowledgementRecord,
    CheckpointRecord,
    FreezeRecord,
    HeadLossRecord,
    PruneRecord,
    acknowledgement_sentence,
    checkpoint_sentence,
    checkpoint_text,
    freeze_sentence,
    prune_sentence,
)
from crashgate.audit.port import Rows, RowStore, SigningKeys, damaged
from crashgate.audit.statement import Signer, Statement, state
from crashgate.audit.verify import verify_log
from crashgate.clock import Clock, timestamp

_PATIENCE = 5.0
"""Seconds."""

_AT_A_TIME = 1_000
"""Rows that are removed together; between two such steps other writers have their turn."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """The first ``seq`` records of a chain, the last of which has that hash; ``count`` of them are still there."""

    chain: str
    seq: int
    hash: str
    count: int


class LogKeeper:
    """The log for its operator. All methods raise LogUnavailableError when the log cannot be used."""

    def __init__(self, store: RowStore, keys: SigningKeys, clock: Clock, *, user: str) -> None:
        """``user`` is who does it, as the operating system knows them."""
        self._store = store
        self._keys = keys
        self._clock = clock
        self._user = user

    def public_key(self) -> str:
        """The public key (Ed25519, hexadecimal) of the log's checkpoints, made where there is none."""
        return self._keys.signer().public

    def statement(self) -> Statement:
        """Where all chains end now, signed. Raises CrashgateError ``log_damaged`` for an unsound log."""
        heads = {verdict.chain: verdict.head for verdict in self._sound_verdicts() if verdict.head.seq > 0}
        return state(self._now(), heads, self._keys.signer())

    def acknowledge(self) -> tuple[AcknowledgementRecord, ...]:
        """Record that the operator knows of every head that is missing, or was; what was recorded."""
        for verdict in self._lost_heads():
            if not verdict.end_checked:
                self._open(verdict.chain).close()  # it records the loss
        at = self._now()
        records = tuple(self._acknowledgement(verdict, at) for verdict in self._lost_heads())
        if records:
            with closing(self._open(None)) as chain:
                chain.append_all(records)
        return records

    def note_freeze(self, agent: str, what: str) -> FreezeRecord:
        """Record that the operator froze an agent, or everybody, or ended that; the fields are ``FreezeRecord``'s."""
        sentence = freeze_sentence(by=self._user, agent=agent, what=what)
        record = FreezeRecord(at=self._now(), by=self._user, agent=agent, what=what, sentence=sentence)
        with closing(self._open(None)) as chain:
            chain.append_all([record])
        return record

    def prune(self, before: str, *, dry_run: bool = False) -> tuple[Cut, ...]:
        """Remove records older than ``before`` from the start of each chain; what was, or would be, removed.

        Raises CrashgateError ``log_damaged`` for an unsound log: that is evidence. If it is cut short, the next prune
        finishes it.
        """
        verdicts = self._sound_verdicts()
        with self._store.read() as rows:
            cuts = _plan_cuts(rows, verdicts, before=before)
        gone = tuple(cut for cut in cuts if cut.count)
        if gone and not dry_run:
            self._carry_out(cuts, gone, before)
        return gone

    def _carry_out(self, cuts: Sequence[Cut], gone: Sequence[Cut], before: str) -> None:
        at, signer = self._now(), self._keys.signer()
        with closing(self._open(None)) as chain:
            chain.append_all([_checkpoint(cut, signer, at) for cut in cuts])
            for cut in gone:
                first = cut.seq - cut.count
                for step in range(first + _AT_A_TIME, cut.seq + _AT_A_TIME, _AT_A_TIME):
                    chain.writer.cut(cut.chain, min(step, cut.seq))
            chains, count = tuple(cut.chain for cut in gone), sum(cut.count for cut in gone)
            sentence = prune_sentence(by=self._user, before=before, count=count, chains=chains)
            chain.append_all(
                [PruneRecord(at=at, by=self._user, before=before, count=count, chains=chains, sentence=sentence)]
            )

    def _open(self, chain: str | None) -> ChainWriter:
        return ChainWriter(self._store, self._clock, chain=chain, patience=_PATIENCE)

    def _now(self) -> str:
        return timestamp(self._clock.now())

    def _lost_heads(self) -> list[Verdict]:
        return [verdict for verdict in verify_log(self._store, self._keys) if verdict.fault is Fault.HEAD]

    def _sound_verdicts(self) -> tuple[Verdict, ...]:
        verdicts = verify_log(self._store, self._keys)
        for verdict in verdicts:
            if not verdict.sound:
                # check: an unsound log is not pruned
                raise damaged(f"The chain {verdict.chain} is not sound: {verdict.why}.", self._store.place)
        return verdicts

    def _acknowledgement(self, verdict: Verdict, at: str) -> AcknowledgementRecord:
        seq = verdict.seq or 1
        sentence = acknowledgement_sentence(by=self._user, chain=verdict.chain, seq=seq)
        return AcknowledgementRecord(at=at, by=self._user, chain=verdict.chain, seq=seq, sentence=sentence)


def _plan_cuts(rows: Rows, verdicts: Sequence[Verdict], *, before: str) -> list[Cut]:
    """What would be removed from each chain, also of those that only keep an earlier start."""
    kept = rows.heads()
    young: dict[str, int] = {}
    losses: dict[str, int] = {}
    acknowledgements: list[Row] = []
    for _, row in rows.scan():
        if row.at >= before:
            young.setdefault(row.chain, row.seq)
        if row.kind == HeadLossRecord.KIND:
            losses.setdefault(row.chain, row.seq)
        elif row.kind == AcknowledgementRecord.KIND:
            acknowledgements.append(row)
    needed = _needed_acknowledgements(acknowledgements, losses)
    cuts: list[Cut] = []
    for verdict in verdicts:
        chain, last = verdict.chain, verdict.head.seq
        head = kept.get(chain, verdict.head)
        seq = max(
            min(
                last,
                head.seq,
                # check: an acknowledgement is not pruned before what it is of
                needed.get(chain, last),
                young.get(chain, last),
            )
            - 1,
            verdict.pruned,
        )
        follows = rows.at(chain, seq + 1)
        if seq > 0 and follows is not None:
            cuts.append(Cut(chain=chain, seq=seq, hash=follows.previous, count=seq - verdict.pruned))
    return cuts


def _needed_acknowledgements(acknowledgements: Sequence[Row], losses: dict[str, int]) -> dict[str, int]:
    """By chain, its first acknowledgement of a loss that is still in the log: it goes after the loss, never before."""
    needed: dict[str, int] = {}
    for row in acknowledgements:
        record = decode_as(AcknowledgementRecord, row.body)
        if record is not None and losses.get(record.chain, record.seq + 1) <= record.seq:
            needed.setdefault(row.chain, row.seq)
    return needed


def _checkpoint(cut: Cut, signer: Signer, at: str) -> CheckpointRecord:
    text = checkpoint_text(at=at, chain=cut.chain, seq=cut.seq, hash_=cut.hash, count=cut.count)
    return CheckpointRecord(
        at=at,
        chain=cut.chain,
        seq=cut.seq,
        hash=cut.hash,
        count=cut.count,
        key=signer.public,
        signature=signer.sign(text),
        sentence=checkpoint_sentence(chain=cut.chain, seq=cut.seq, count=cut.count),
    )
