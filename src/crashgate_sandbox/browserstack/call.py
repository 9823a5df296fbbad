"""One request on its way to a handler. Rule: a handler sees who asked and what for, and no HTTP of its own."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from crashgate_sandbox.browserstack.auth import Access
from crashgate_sandbox.browserstack.manners import LangfuseManners
from crashgate_sandbox.browserstack.store import EvalStore


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """What a handler needs. ``id`` is the path's one variable segment, decoded once; ``access`` None asks nobody."""

    store: EvalStore
    manners: LangfuseManners
    access: Access | None
    query: tuple[tuple[str, str], ...]
    body: bytes
    content_type: str
    id: str


Handler = Callable[[Call], Response]


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One operation. ``path`` may end in a variable segment, such as ``/api/public/sessions/{sessionId}``.

    ``legacy`` marks what shares a budget and is gone in events_only mode.
    """

    method: str
    path: str
    handler: Handler
    legacy: bool = False
    ingestion: bool = False
    open: bool = False

    @property
    def name(self) -> str:
        """Method and path, as a 429 names it."""
        return f"{self.method} {self.path}"
