"""Sessions that were reported while it ran. Rule: the first report of a session counts, and the first of its end.

``POST /ingest/session`` and ``POST /ingest/session/end``, as far as they are documented: 201 and 200 with
``{"ok":true}``, times in Unix milliseconds. Guesses (G): what must be there, 400 without it, and 404 for the end of a
session that nobody reported. Seeded sessions cannot be changed. Source: docs/upstreams/bugspulse.md#ingestion.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from crashgate_sandbox.bugspulse.answers import RefusedError
from crashgate_sandbox.bugspulse.moments import LAST, iso
from crashgate_sandbox.bugspulse.period import Period

_PLATFORMS = frozenset({"ios", "android", "macos", "linux", "windows"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Reported:
    """One session; times in milliseconds."""

    id: str
    started: int
    user: str | None
    device: Mapping[str, object]
    ended: int | None = None

    @property
    def given(self) -> dict[str, object]:
        """The session as a row has it."""
        return {
            "id": self.id,
            "userId": self.user,
            "status": "active" if self.ended is None else "completed",
            "platform": self.device["platform"],
            "osVersion": _text(self.device, "osVersion") or "",
            "appVersion": _text(self.device, "appVersion") or "",
            "networkType": _text(self.device, "networkType") or "unknown",
            "eventCount": 0,
            "hasCrash": False,
            "hasNetworkErrors": False,
            "duration": None if self.ended is None else self.ended - self.started,
            "startedAt": iso(self.started),
            "endedAt": None if self.ended is None else iso(self.ended),
        }


class Ingestion:
    """Takes reports and keeps them. ``known`` tells the ids of sessions that were there before."""

    def __init__(self, *, known: Callable[[str], bool]) -> None:
        self._known = known
        self._reported: dict[str, Reported] = {}

    def within(self, period: Period) -> list[Reported]:
        """The sessions of a period, newest first."""
        found = [one for one in self._reported.values() if period.holds(one.started)]
        return sorted(found, key=lambda one: -one.started)

    def start(self, body: bytes) -> None:
        """A session started. Raises RefusedError 400."""
        given = _read(body)
        device = given.get("device")
        if not isinstance(device, dict) or _text(cast("Mapping[str, object]", device), "platform") not in _PLATFORMS:
            raise RefusedError(400, f"device.platform must be one of {', '.join(sorted(_PLATFORMS))}")
        session = Reported(
            id=_id(given),
            started=_time(given, "startedAt"),
            user=_text(given, "userId"),
            device=cast("Mapping[str, object]", device),
        )
        if not self._known(session.id):
            self._reported.setdefault(session.id, session)

    def end(self, body: bytes) -> None:
        """A session ended. Raises RefusedError 400, or 404 for an unknown one."""
        given = _read(body)
        known = self._reported.get(_id(given))
        if known is None:
            raise RefusedError(404, "Session not found")
        ended = _time(given, "endedAt")
        if known.ended is None:
            self._reported[known.id] = replace(known, ended=max(ended, known.started))

    def clear(self) -> None:
        """Forget them all."""
        self._reported.clear()


def _read(body: bytes) -> Mapping[str, object]:
    try:
        loaded = json.loads(body)
        # Half of a surrogate pair is a ValueError here, as it could never be written into an answer.
        json.dumps(loaded, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise RefusedError(400, "The body is not JSON") from None
    if not isinstance(loaded, dict):
        raise RefusedError(400, "The body must be an object")
    return cast("Mapping[str, object]", loaded)


def _id(given: Mapping[str, object]) -> str:
    found = _text(given, "sessionId")
    if not found:
        raise RefusedError(400, "sessionId is required")
    return found


def _time(given: Mapping[str, object], name: str) -> int:
    found = given.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= LAST:
        raise RefusedError(400, f"{name} must be a Unix time in milliseconds")
    return found


def _text(given: Mapping[str, object], name: str) -> str | None:
    found = given.get(name)
    return found if isinstance(found, str) else None
