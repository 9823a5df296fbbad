"""The two releases that a comparison is about, found by version or id among a project's releases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from crashgate.errors import InvalidArgumentsError
from crashgate.model.capability import LIST_RELEASES, READ_RELEASE, ReleaseFacts
from crashgate.model.composite import Steps
from crashgate.model.params import is_name, is_object_id

_MOST_PAGES: Final = 3
"""Of lists of releases, in one call."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """The builds of one version on one stage, newest first; only one where it has no version or is compared alone."""

    builds: tuple[ReleaseFacts, ...]

    @property
    def newest(self) -> ReleaseFacts:
        """The newest build."""
        return self.builds[0]

    @property
    def released_at(self) -> str | None:
        """When the first of the builds was released."""
        return next(reversed(self.builds)).released_at

    def count(self, name: str) -> int | None:
        """A count of all builds together; None where a build does not say."""
        counts: list[int | None] = [getattr(each, name) for each in self.builds]
        return None if None in counts else sum(each or 0 for each in counts)


@dataclass(kw_only=True, slots=True)
class ReleaseSearch:
    """Finds the releases of one call. ``where`` is the project, in words, once something was read."""

    steps: Steps
    project: str
    where: str | None = None
    _pages: int = _MOST_PAGES

    async def find(self, release: str, baseline: str | None, stage: str | None) -> tuple[Side, Side | None]:
        """The release, and what it is compared with: the baseline, or the version before it on its stage, if any.

        An id stands for its version on its stage; two ids of one version for these two builds. Raises
        InvalidArgumentsError where there is none among the newest, and what the gateway raises.
        """
        first = await self._read(release)
        older = await self._read(baseline)
        if first and older and first.version == older.version and first.stage == older.stage:
            return Side(builds=(first,)), Side(builds=(older,))
        if first is None and stage is None:
            first = await self._newest_of(release)
        stage = stage or (first.stage if first else None)
        version = first.version if first else release
        wanted = older.version if older else baseline
        # A baseline that the caller names may be newer.
        until = _just_after(first.released_at) if first and baseline is None else None
        rows: list[ReleaseFacts] = []
        after: str | None = None
        newer_side = Side(builds=(first,)) if first else None
        older_side = Side(builds=(older,)) if older else None
        while self._pages:
            page, after = await self._page(stage, until, after)
            rows += page
            newer_side = _builds(rows, version) or newer_side
            older_side = (
                _before(rows, newer_side) if baseline is None else _builds(rows, wanted, stage=older) or older_side
            )
            if after is None or (newer_side and older_side and rows and rows[-1] not in older_side.builds):
                break
        if newer_side is None or (baseline is not None and older_side is None):
            raise _unknown("release" if newer_side is None else "baseline")
        return newer_side, older_side

    async def _read(self, release: str | None) -> ReleaseFacts | None:
        """The release, where an id names it."""
        if release is None or not is_object_id(release):
            return None
        result = await self.steps.ask(READ_RELEASE, project_id=self.project, release_id=release)
        self.where = result.where
        return result.rows[0]

    async def _newest_of(self, version: str) -> ReleaseFacts | None:
        """The newest release of the version on the stage where it has most sessions, of those that one page has."""
        after: str | None = None
        while self._pages > 1:
            rows, after = await self._page(None, None, after)
            same = [each for each in rows if each.version == version]
            if same:
                most = max(same, key=lambda each: each.sessions or 0)
                return next(each for each in same if each.stage == most.stage)
            if after is None:
                break
        return None

    async def _page(
        self, stage: str | None, until: str | None, after: str | None
    ) -> tuple[Sequence[ReleaseFacts], str | None]:
        self._pages -= 1
        # A stage that an app reported may have characters that no question may have; its releases are picked out here.
        named = stage if stage is None or is_name(stage) else None
        result = await self.steps.ask(LIST_RELEASES, project_id=self.project, stage=named, until=until, after=after)
        self.where = result.where
        return [each for each in result.rows if stage in {named, each.stage}], result.next_mark


def _builds(rows: Sequence[ReleaseFacts], version: str | None, *, stage: ReleaseFacts | None = None) -> Side | None:
    """The builds of a version among the releases of a stage, where that is the stage of ``stage`` if given."""
    same = tuple(
        each for each in rows if version and each.version == version and (stage is None or stage.stage == each.stage)
    )
    return Side(builds=same) if same else None


def _before(rows: Sequence[ReleaseFacts], newer: Side | None) -> Side | None:
    """The version that was released before, newest first, among the releases of a stage."""
    if newer is None:
        return None
    ids, version = {each.id for each in newer.builds}, newer.newest.version
    start = next((place for place, each in enumerate(rows) if each.id in ids), len(rows))
    earlier = [
        each for each in rows[start:] if each.id not in ids and (each.version != version or each.version is None)
    ]
    return (_builds(earlier, earlier[0].version) or Side(builds=(earlier[0],))) if earlier else None


def _just_after(moment: str | None) -> str | None:
    """A second later, since upstream's times may be cut to seconds; None for what is no time."""
    try:
        found = datetime.fromisoformat(moment or "")
    except ValueError:
        return None
    later = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC) + timedelta(seconds=1)
    return f"{later.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _unknown(name: str) -> InvalidArgumentsError:
    return InvalidArgumentsError(
        f"{name} is not among the project's newest releases.",
        because=f"the argument {name} names no release",
        remedy="list_releases shows them; an older one can be named by its id.",
    )
