"""When a request is sent again. Rule: only reads; ``Retry-After`` is obeyed; nothing outlasts the total limit."""

from dataclasses import dataclass

from crashgate.model.message import Response
from crashgate.upstream.transport import Fault

_TOO_MANY_REQUESTS = 429
_LASTING = frozenset({Fault.TOO_LARGE, Fault.TIMEOUT, Fault.UNREADABLE})
_PASSING = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long and how often: seconds in all, attempts in all, and the first pause in seconds (it doubles).

    ``queue`` is how many seconds one page of a long read may wait for its turn.
    """

    total: float = 30.0
    attempts: int = 3
    first_pause: float = 0.25
    queue: float = 3600.0


def pause(
    seen: Response | Fault, *, retry_after: float | None, attempt: int, patience: Patience, spread: float
) -> float | None:
    """Seconds to wait before attempt ``attempt + 1``, or None to give up.

    ``spread``, from 0 to 1, keeps clients that failed together from retrying together.
    """
    # check: after so many attempts it is given up
    if attempt >= patience.attempts:
        return None
    if isinstance(seen, Fault):
        return None if seen in _LASTING else _backoff(attempt, patience, spread)
    if retry_after is not None and seen.status in {_TOO_MANY_REQUESTS, *_PASSING}:
        return retry_after + spread
    return _backoff(attempt, patience, spread) if seen.status in _PASSING else None


def _backoff(attempt: int, patience: Patience, spread: float) -> float:
    return float(patience.first_pause * 2 ** (attempt - 1) * (0.5 + spread / 2))
