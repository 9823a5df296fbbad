"""Visits: what the user of a phone did until the app crashed, for the parts that keep sessions of users.

Rule: a visit follows from its event alone, so the user, the device, the release and the time are those of the event.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crashgate_sandbox.world.draw import draw, object_id
from crashgate_sandbox.world.occurrences import Occurrence
from crashgate_sandbox.world.platform import Crumb, Surface

SESSION_SECONDS = (20, 1500)
"""How long a session had lasted when it crashed: the bounds of the first draw of an event's report."""

_OF_AN_ERROR = 4
"""That many of an error's newest events, at most, have a visit."""
_KEPT_DAYS = 28
_RECORDED, _SIGNED_IN, _IN_REPORT = 0.8, 0.75, 0.4
"""Shares of visits that were recorded at all, of users that the app told of, and of reports that name the session."""
_USUAL_GAP = 4.0
_FIRST_STAMP, _STAMPS = 1_790_000_000, 9_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One session that ended with a crash. ``user`` is None where the app did not say who it was.

    ``id`` is what the app's recorder of sessions calls it; ``in_report`` says whether the app wrote it into its report.
    """

    id: str
    occurrence: Occurrence
    started: datetime
    ended: datetime
    user: str | None
    in_report: bool

    @property
    def trail(self) -> tuple[tuple[datetime, Crumb], ...]:
        """What the user did and what happened, oldest first, the crash itself not among it."""
        crumbs = self.occurrence.error.project.plan.platform.trail
        gap = min(_USUAL_GAP, (self.ended - self.started).total_seconds() / (len(crumbs) + 1))
        return tuple(
            (self.ended - timedelta(milliseconds=int(gap * 1000) * (len(crumbs) - place)), crumb)
            for place, crumb in enumerate(crumbs)
        )


def visit_of(seed: int, one: Occurrence, now: datetime) -> Visit | None:
    """The visit that ended with an event; None where nobody recorded it."""
    error = one.error
    plan = error.project.plan
    if (
        plan.organization != "acme"
        or plan.platform.surface is not Surface.MOBILE
        or one.number < error.events - _OF_AN_ERROR
        or one.at < now - timedelta(days=_KEPT_DAYS)
    ):
        return None
    rng = draw(seed, "visit", one.id)
    recorded, signed_in, in_report = rng.random(), rng.random(), rng.random()
    if recorded >= _RECORDED:
        return None
    seconds = draw(seed, "report", one.id).randrange(*SESSION_SECONDS)
    mark = object_id(seed, "visit", one.id)
    return Visit(
        id=f"sess_{_FIRST_STAMP + int(mark[6:], 16) % _STAMPS}_{mark[:6]}",
        occurrence=one,
        started=one.at - timedelta(seconds=seconds),
        ended=one.at,
        user=one.customer.id if signed_in < _SIGNED_IN else None,
        in_report=in_report < _IN_REPORT,
    )


def visits(seed: int, occurrences: Iterable[Occurrence], now: datetime) -> tuple[Visit, ...]:
    """The visits that ended with one of these events, the one that began last first."""
    found = [one for one in (visit_of(seed, each, now) for each in occurrences) if one is not None]
    return tuple(sorted(found, key=lambda one: (one.started, one.id), reverse=True))
