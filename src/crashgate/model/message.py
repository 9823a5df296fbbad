"""One HTTP exchange as values. A request is built once, by the codec, and sent as it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_SUCCESSES = range(200, 300)


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What is sent. ``repeatable`` says that sending it twice changes nothing (reads only)."""

    method: str
    url: str
    headers: Mapping[str, str] = field(
        # check: a credential does not show in a request
        repr=False
    )
    body: bytes | None = field(default=None, repr=False)
    repeatable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """What came back. Header names are lower case; ``links`` maps a ``Link`` header's relations to addresses."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    links: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return self.status in _SUCCESSES
