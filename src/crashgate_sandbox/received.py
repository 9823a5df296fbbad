"""What the sandbox was asked. Rule: a request is written down when it has arrived, before anything is done with it."""

from dataclasses import dataclass, replace
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """One API request.

    ``path`` is as it came, percent-encoded; ``query`` too, but for the value of an ``auth_token``. ``body_sha256`` is
    None without a body. ``status`` is None until the answer began. ``hung_up`` is True when the caller left while it
    waited for a slow answer; nothing was done then.
    """

    number: int
    method: str
    path: str
    query: str
    body_sha256: str | None
    status: int | None = None
    hung_up: bool = False


class RequestLog:
    """The API requests since the start, or since ``clear``, in the order in which they arrived."""

    def __init__(self) -> None:
        self._received: dict[int, Received] = {}
        self._last = 0

    @property
    def received(self) -> tuple[Received, ...]:
        """All of them."""
        return tuple(self._received.values())

    def arrived(self, *, method: str, path: str, query: str, body: bytes) -> int:
        """Write a request down; the number is for ``answered`` and ``hung_up``."""
        self._last += 1
        self._received[self._last] = Received(
            number=self._last,
            method=method,
            path=path,
            query=_without_token(query),
            body_sha256=sha256(body).hexdigest() if body else None,
        )
        return self._last

    def answered(self, number: int, status: int) -> None:
        """The answer to that request began."""
        self._change(number, status=status)

    def hung_up(self, number: int) -> None:
        """The caller left before there was an answer."""
        self._change(number, hung_up=True)

    def clear(self) -> None:
        """Forget them; the numbers go on."""
        self._received.clear()

    def _change(self, number: int, *, status: int | None = None, hung_up: bool = False) -> None:
        if number in self._received:
            self._received[number] = replace(self._received[number], status=status, hung_up=hung_up)


def _without_token(query: str) -> str:
    if "auth_token" not in query:
        return query
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, "hidden" if name == "auth_token" else value) for name, value in pairs])
