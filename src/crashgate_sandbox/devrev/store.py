"""All sessions. Rule: those of one app on one platform are drawn when somebody asks for the first time, and kept.

Sessions never change here, so there is nothing to reset.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from crashgate_sandbox.devrev.apps import App, Platform
from crashgate_sandbox.devrev.errors import not_found
from crashgate_sandbox.devrev.sessions import Session, app_sessions, visited
from crashgate_sandbox.world.visits import Visit


class Store:
    """``sessions`` of each app on each of its platforms, the newest shortly before ``now``, and ``visits`` beside."""

    def __init__(
        self, *, seed: int, sessions: int, now: datetime, visits: Callable[[], Sequence[Visit]] = tuple
    ) -> None:
        self._visits = visits
        self._seed = seed
        self._sessions = sessions
        self._now = now.astimezone(UTC).replace(microsecond=0)
        self._drawn: dict[tuple[str, Platform], tuple[Session, ...]] = {}
        self._by_id: dict[tuple[str, Platform], dict[str, Session]] = {}

    def of(self, app: App, platform: Platform) -> tuple[Session, ...]:
        """Newest first; none where the app is not built for the platform."""
        key = app.version_key, platform
        if key not in self._drawn:
            number = self._sessions if platform in app.platforms else 0
            drawn = (*app_sessions(self._seed, app, platform, number, self._now), *self._visited(app, platform, number))
            self._drawn[key] = tuple(sorted(drawn, key=lambda session: session.created_at, reverse=True))
            self._by_id[key] = {session.id: session for session in self._drawn[key]}
        return self._drawn[key]

    def _visited(self, app: App, platform: Platform, number: int) -> list[Session]:
        """The visits of an app on a platform; they are numbered after the drawn sessions."""
        fitting = [
            visit
            for visit in self._visits()
            if (visit.occurrence.error.project.plan.platform.app_id, visit.occurrence.error.project.plan.platform.type)
            == (app.version_key, platform)
        ]
        return [visited(self._seed, app, place, visit) for place, visit in enumerate(fitting, start=number)]

    def one(self, app: App, platform: Platform, session_id: str) -> Session:
        """The session that the app has on that platform. Raises RefusedError (404)."""
        self.of(app, platform)
        found = self._by_id[app.version_key, platform].get(session_id)
        if found is None:
            raise not_found()
        return found

    def on_any_platform(self, app: App, session_id: str) -> Session:
        """The session that the app has somewhere. Raises RefusedError (404)."""
        for platform in app.platforms:
            self.of(app, platform)
            found = self._by_id[app.version_key, platform].get(session_id)
            if found is not None:
                return found
        raise not_found()
