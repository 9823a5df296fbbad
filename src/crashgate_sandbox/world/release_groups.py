"""Release groups: the builds of one version on one stage. Rule: added up from the releases, never drawn."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crashgate_sandbox.world.releases import Release
from crashgate_sandbox.world.sessions import Day

_TOP = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseGroup:
    """One version on one stage; ``releases`` are its builds, newest first. ``previous`` is the version before it.

    ``top`` is whether it is among the busiest of its stage.
    """

    id: str
    releases: tuple[Release, ...]
    previous: str | None
    top: bool

    @property
    def first(self) -> Release:
        """The oldest build."""
        return self.releases[-1]

    @property
    def first_at(self) -> datetime:
        """When the oldest build came out."""
        return self.first.at

    @property
    def sessions(self) -> Day:
        """The sessions of all builds."""
        return Day(
            sessions=sum(one.sessions.sessions for one in self.releases),
            unhandled=sum(one.sessions.unhandled for one in self.releases),
            users=sum(one.sessions.users for one in self.releases),
            users_with_unhandled=sum(one.sessions.users_with_unhandled for one in self.releases),
        )

    @property
    def sessions_last_day(self) -> int:
        """The sessions of the last 24 hours."""
        return sum(one.sessions_last_day for one in self.releases)


def release_groups(releases: Iterable[Release]) -> tuple[ReleaseGroup, ...]:
    """The groups of one project's releases (newest first), newest first; the busiest of a stage are at its top."""
    builds: dict[str, list[Release]] = {}
    for release in releases:
        builds.setdefault(release.group_id, []).append(release)
    found: list[ReleaseGroup] = []
    for stage in dict.fromkeys(group[0].stage for group in builds.values()):
        of_stage = [group for group in builds.values() if group[0].stage == stage]
        of_stage.sort(key=lambda group: group[-1].at, reverse=True)
        busiest = sorted(of_stage, key=_last_day, reverse=True)[:_TOP]
        for group, before in zip(of_stage, [*of_stage[1:], None], strict=True):
            found.append(
                ReleaseGroup(
                    id=group[0].group_id,
                    releases=tuple(group),
                    previous=before[0].version if before else None,
                    top=group in busiest,
                )
            )
    return tuple(sorted(found, key=lambda group: (group.first_at, group.id), reverse=True))


def _last_day(builds: list[Release]) -> int:
    return sum(one.sessions_last_day for one in builds)
