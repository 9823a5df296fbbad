"""Switches that make the sandbox misbehave. Rule: a fault is data; the first that fits a request is used up by it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum, unique
from typing import Any

_ELSEWHERE = "https://elsewhere.invalid/"


@unique
class FaultKind(StrEnum):
    """What goes wrong. ``status`` and ``redirect`` come before anything is done, the rest after it."""

    SLOW = "slow"
    """The work begins after ``seconds``, and not at all when the caller has left by then."""
    STATUS = "status"
    """``status`` instead of the answer, as a load balancer or a broken application gives it."""
    CUT_OFF = "cut_off"
    """The connection closes in the middle of the body."""
    INVALID_JSON = "invalid_json"
    """The body ends in the middle, and says that it is whole."""
    WRONG_TYPE = "wrong_type"
    """A list where an object belongs, and the other way round."""
    WRONG_CONTENT_TYPE = "wrong_content_type"
    """A sign-in page in HTML, with status 200."""
    HUGE = "huge"
    """A valid answer of ``size`` bytes, without saying how long it is."""
    DRIP = "drip"
    """One byte, then ``seconds`` of nothing, and so on."""
    REDIRECT = "redirect"
    """302 to ``location``."""
    FOREIGN_LINK = "foreign_link"
    """The answer, with a next page on ``location``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One thing that goes wrong, ``times`` times (None: always) after letting ``skip`` requests through.

    ``method`` and ``path`` say for which requests; ``*`` in ``path`` stands for one segment, and ``*`` alone for any
    path, as a route's template does with ``{...}``.
    """

    kind: FaultKind
    method: str = "*"
    path: str = "*"
    times: int | None = 1
    skip: int = 0
    seconds: float = 1.0
    status: int = 503
    retry_after: int | None = None
    location: str = _ELSEWHERE
    size: int = 64 * 1024 * 1024

    def fits(self, method: str, path: str) -> bool:
        """Whether it is meant for such a request."""
        if self.method not in {"*", method}:
            return False
        if self.path == "*":
            return True
        pattern, segments = _segments(self.path), _segments(path)
        return len(pattern) == len(segments) and all(
            wanted in {"*", given} or wanted.startswith("{") for wanted, given in zip(pattern, segments, strict=True)
        )


class Faults:
    """The faults that are switched on, in the order in which they are tried."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.replace(faults)

    @property
    def current(self) -> tuple[Fault, ...]:
        """What is switched on, as it was given."""
        return tuple(self._faults)

    def replace(self, faults: Iterable[Fault]) -> None:
        """Switch these on and all others off."""
        self._faults = tuple(faults)
        self._met = [0] * len(self._faults)

    def add(self, fault: Fault) -> None:
        """Switch one more on; it is tried last."""
        self._faults = (*self._faults, fault)
        self._met.append(0)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, counted as used."""
        for place, fault in enumerate(self._faults):
            if not fault.fits(method, path):
                continue
            if fault.times is not None and self._met[place] >= fault.skip + fault.times:
                continue
            self._met[place] += 1
            if self._met[place] > fault.skip:
                return fault
        return None


def fault_json(fault: Fault) -> dict[str, Any]:
    """A fault as people write it to ``/_sandbox/faults``."""
    return asdict(fault)


def read_fault(given: Mapping[str, object]) -> Fault:
    """A fault as people write it. Raises ValueError with the wrong word."""
    known = {one.name: one for one in fields(Fault)}
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"a fault has no {name!r}; it has {', '.join(known)}")
        if not _of_type(name, value):
            raise ValueError(f"{name!r} of a fault cannot be {value!r}")
    if "kind" not in given:
        raise ValueError(f"a fault needs a 'kind': one of {', '.join(FaultKind)}")
    arguments: dict[str, Any] = {**given, "kind": FaultKind(str(given["kind"]))}
    return Fault(**arguments)


def _of_type(name: str, value: object) -> bool:
    if name == "kind":
        return value in set(FaultKind)
    if name in {"method", "path", "location"}:
        return isinstance(value, str)
    if value is None:
        return name in {"times", "retry_after"}
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value >= 0 and (name == "seconds" or isinstance(value, int))


def _segments(path: str) -> list[str]:
    return [part for part in path.split("/") if part]
