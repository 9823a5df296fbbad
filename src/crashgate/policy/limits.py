"""How much an agent may do in how much time, and what a person has to approve first. Counting is the gate's task.

Every call counts as a call. One that takes write access counts as a write too, and one that takes delete access as a
delete too: a delete is not a write, so either can be limited without the other. A window is the last minute, hour or
day before the call, over all connections of the agent (THREATS row 23).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import ClassVar

from crashgate.model.access import Access
from crashgate.policy.switches import OPERATION, is_operation, operation_ids
from crashgate.policy.words import Declared, Entries, Flag, NameList, Number, Word


@unique
class Counted(StrEnum):
    """What is counted."""

    CALLS = "calls"
    WRITES = "writes"
    DELETES = "deletes"

    def counts(self, access: Access) -> bool:
        """Whether a call that takes ``access`` is counted."""
        return (
            self is Counted.CALLS
            # check: a delete counts among the deletes
            or access is _ACCESS[self]
        )


@unique
class Window(StrEnum):
    """In how much time."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"

    @property
    def seconds(self) -> int:
        """Its length."""
        return _SECONDS[self]

    @property
    def most(self) -> int:
        """The largest number that a document may write for it."""
        return _MOST[self]


_ACCESS = {Counted.WRITES: Access.WRITE, Counted.DELETES: Access.DELETE}
_SECONDS = {Window.MINUTE: 60, Window.HOUR: 3_600, Window.DAY: 86_400}
_MOST = {Window.MINUTE: 10_000, Window.HOUR: 100_000, Window.DAY: 1_000_000}


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """At most ``most`` of what is counted in one window."""

    counted: Counted
    window: Window
    most: int

    @property
    def key(self) -> str:
        """As a document writes it: ``writes_per_hour``."""
        return f"{self.counted}_per_{self.window}"

    @property
    def spoken(self) -> str:
        """``20 writes an hour``."""
        noun = self.counted.value if self.most > 1 else self.counted.value.removesuffix("s")
        return f"{self.most} {noun} {'an' if self.window is Window.HOUR else 'a'} {self.window}"


RATES: Mapping[str, tuple[Counted, Window]] = {
    f"{counted}_per_{window}": (counted, window) for window in Window for counted in Counted
}
"""The words for rates, shorter windows first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """``rates`` from the shorter window to the longer; None where a policy does not bound exports.

    ``exports_kept`` counts what is finished, under way and interrupted, until the operator removes it.
    """

    ABOUT: ClassVar[str] = "How much the agent may do, over all its connections."
    EXAMPLE: ClassVar[str] = "calls_per_minute = 60"
    NEEDS: ClassVar[Mapping[str, str]] = {}
    WORDS: ClassVar[Mapping[str, Word]] = {
        **{
            key: Number(about=f"The most {counted} in {'an' if window == 'hour' else 'a'} {window}.", most=window.most)
            for key, (counted, window) in RATES.items()
        },
        "rows_per_export": Number(about="The most rows in one export.", most=100_000_000),
        "exports_kept": Number(about="The most exports of the agent that are kept.", most=10_000),
    }

    rates: tuple[Rate, ...] = ()
    rows_per_export: int | None = None
    exports_kept: int | None = None

    @classmethod
    def of(cls, entries: Entries) -> "Limits":
        """The limits that are written."""
        written = {key: each[0].value for key, each in entries.items()}
        rates = [
            Rate(counted=counted, window=window, most=written.pop(key))
            for key, (counted, window) in RATES.items()
            if key in written
        ]
        return cls(rates=tuple(rates), **written)

    def value(self, key: str) -> int | None:
        """The number that one word has."""
        rates = {rate.key: rate.most for rate in self.rates}
        return rates.get(key) if key in RATES else getattr(self, key)

    def on(self, access: Access) -> tuple[Rate, ...]:
        """The rates in which a call that takes ``access`` is counted."""
        return tuple(rate for rate in self.rates if rate.counted.counts(access))


USUAL_MINUTES = 15
MOST_MINUTES = 24 * 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval(Declared):
    """Ids of operations, and for how many minutes a request for approval, or an approval not yet used, holds.

    ``ask_client`` says that the user at the agent's own client may answer; without it only the operator does. Whoever
    holds an agent's token could write a client that answers by itself. ``after_untrusted_minutes``: for so long after
    the agent asked for text that outsiders can write, a person has to agree to every change, whatever its operation
    (THREATS row 5); None where that makes no difference.
    """

    ABOUT: ClassVar[str] = "What a person has to agree to, each call."
    EXAMPLE: ClassVar[str] = f"operations = [{OPERATION}]"
    NEEDS: ClassVar[Mapping[str, str]] = {
        "operations": EXAMPLE,
        "after_untrusted_minutes": "after_untrusted_minutes = 60",
    }
    WORDS: ClassVar[Mapping[str, Word]] = {
        "operations": NameList(
            about="Operations that wait until a person agrees.",
            example=OPERATION,
            check=is_operation,
            items=operation_ids,
        ),
        "after_untrusted_minutes": Number(
            about="For so long after the agent asked for text that outsiders can write, every change.",
            most=MOST_MINUTES,
            absent="off",
            larger_is_narrower=True,
        ),
        "expires_minutes": Number(
            about="For how long a request for approval, or an approval not yet used, holds.",
            most=MOST_MINUTES,
            usual=USUAL_MINUTES,
        ),
        "ask_client": Flag(about="Whether the user at the agent's own client may answer."),
    }

    operations: frozenset[str] = frozenset()
    expires_minutes: int = USUAL_MINUTES
    ask_client: bool = True
    after_untrusted_minutes: int | None = None

    def after_untrusted(self, access: Access | None) -> int | None:
        """For how many minutes after such text was asked for a person has to agree to a call that takes ``access``.

        None for a read, and where the policy does not have it.
        """
        # check[always]: every change needs a person after such reading
        return None if access is Access.READ else self.after_untrusted_minutes


def after_reading(minutes: int) -> str:
    """What is said of a change that a person has to agree to for so long."""
    return (
        f"A person has to approve it for {spoken_minutes(minutes)} after text that outsiders can write was asked for."
    )


def spoken_minutes(minutes: int) -> str:
    """``60 minutes``, ``1 minute``."""
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
