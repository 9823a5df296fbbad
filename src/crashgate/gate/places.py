"""Where a call belongs: projects, organizations and objects in them, looked up when a decision needs it.

Rule: every look-up is itself decided and recorded, and what it finds is for the gate, not for the agent.

What one agent's calls made known is not used for another: an answer that came sooner would tell that somebody else
uses the place (THREATS row 40).
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import anyio

from crashgate.clock import Clock
from crashgate.errors import Code, UpstreamError
from crashgate.gate.narrowing import as_answered
from crashgate.model.operation import AnyOperation
from crashgate.model.params import NamedBy, Params
from crashgate.model.provider import FieldLookUp, PlaceLookUp, Provider
from crashgate.model.result import Page
from crashgate.model.scope import ORGANIZATION, PROJECT, AppOfObject, Dimension, EnvironmentNamed, ProjectOfObject
from crashgate.policy.decision import Place

KEPT_SECONDS = 300.0
"""For what is there and for what is not: asking again must cost the same (THREATS row 21)."""

MOST_KEPT = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A project or organization: its id, its slug where it has one, and the id of a project's organization.

    ``inside`` is that organization itself, where it was looked up together with the project.
    """

    id: str
    slug: str | None
    organization: str | None = None
    inside: "Found | None" = None

    @property
    def place(self) -> Place:
        """Its names, as the policy may use either."""
        return Place.known_as(self.id, self.slug)

    @property
    def shown(self) -> str:
        """The name for people."""
        return self.place.spoken


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedObject:
    """What a caller called by a name: its id, and of what people call it as much as the policy shows."""

    id: str
    shown: Mapping[str, str]


LookUp = Callable[[AnyOperation, Params, str], Awaitable[Page[Any] | None]]
"""Asks upstream for one operation, with the words for what is looked up; None when there is no such thing."""

ObjectScope = EnvironmentNamed | AppOfObject
Asker = tuple[str, str]
"""The agent that a look-up is for, and the connection."""

Key = tuple[Asker, str, str]


class Places:
    """What look-ups found, and what they did not find, kept for five minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[Key, tuple[float, Any]] = {}
        self._busy: dict[Key, anyio.Lock] = {}

    async def project(
        self, provider: Provider, asker: Asker, ref: str, look_up: LookUp, *, with_organization: bool = False
    ) -> Found | None:
        """The project with this id or slug.

        ``with_organization`` looks its organization up too. A project that is not there costs as many requests then:
        what ``ref`` is no name of is asked for as an organization, and the answer does not count.
        """

        async def ask() -> Found | None:
            project = await _look_up_place(provider, PROJECT, ref, look_up)
            if not with_organization:
                return project
            around = (
                (project and project.organization)
                # check: a project that is not there costs a look-up of an organization, too
                or ref
            )
            inside = await _look_up_place(provider, ORGANIZATION, around, look_up)
            if project is None or project.organization is None:
                return project
            return replace(project, inside=inside)

        kind = "project in its organization" if with_organization else "project"
        found: Found | None = await self._once((asker, kind, ref), ask)
        return found

    def keep_listed(self, provider: Provider, asker: Asker, listed: Page[Any], shown: Page[Any]) -> None:
        """Keep the projects of a list as if they had been looked up: ``listed`` as they are, ``shown`` to the agent.

        A slug that means two of them is looked up when it is named.
        """
        how = provider.lookups.get(PROJECT)
        if how is None:
            return
        own = {row.id for row in shown.rows}
        projects = [_as_found(row, how) for row in listed.rows if isinstance(row, how.operation.result)]
        for project in projects:
            # check: only projects that the agent is shown are known from a list
            if project.id not in own:
                continue
            for name in project.place.names:
                _, kept = self._kept.pop((asker, "project", name), (0, None))
                if kept is None or kept.id == project.id:
                    self._keep((asker, "project", name), project)

    async def organization(self, provider: Provider, asker: Asker, ref: str, look_up: LookUp) -> Found | None:
        """The organization with this id or slug."""
        found: Found | None = await self._once(
            (asker, "organization", ref), lambda: _look_up_place(provider, ORGANIZATION, ref, look_up)
        )
        return found

    async def has_object(
        self, provider: Provider, asker: Asker, scope: ProjectOfObject, params: Params, look_up: LookUp
    ) -> bool:
        """True when ``scope.read`` finds the object where ``params`` say that it is; objects do not move.

        ``params`` hold the project's id, not a slug.
        """
        read = provider.by_id[scope.read]
        wanted, project = str(getattr(params, scope.object)), str(getattr(params, scope.project))
        shared = read.params.model_fields.keys() & type(params).model_fields.keys()
        widest = {"per_page": read.per_page} if "per_page" in read.params.model_fields else {}
        where = read.params.model_validate({**widest, **{name: getattr(params, name) for name in shared}})

        async def ask() -> bool | None:
            words = f"{scope.object.removesuffix('_id').replace('_', ' ')} {wanted}"
            page = await look_up(read, where, words)
            found = page is not None and any(
                row.id == wanted  # check: a look-up that answers about another object finds nothing
                # check: an object is found in the project that it says it is in
                and row.home in {None, project}
                for row in page.rows
            )
            return True if found else None

        # check[none]: an object is kept for its own project
        key = where.model_dump_json(include=set(shared))
        return await self._once((asker, f"{scope.read} {key}", wanted), ask) is True

    @staticmethod
    async def find(provider: Provider, scope: ObjectScope, params: Params, look_up: LookUp) -> Any:  # noqa: ANN401 - any row
        """What ``scope.read`` finds for ``params``, looked up anew; None when there is no such thing.

        Raises UpstreamError for an answer about something else: it neither decides, nor says that nothing is there.
        """
        read = provider.by_id[scope.read]
        wanted = as_answered(str(getattr(params, scope.object)))
        shared = read.params.model_fields.keys() & type(params).model_fields.keys()
        where = read.params.model_validate({name: getattr(params, name) for name in shared})
        page = await look_up(read, where, scope.object.removesuffix("_id").replace("_", " "))
        if page is None:
            return None
        # check: a look-up that answers about another session decides nothing
        if [row.id for row in page.rows] != [wanted]:
            raise UpstreamError("The answer is about something else.", code=Code.UPSTREAM_MALFORMED)
        return page.rows[0]

    @staticmethod
    async def values(
        provider: Provider, organization: str, names: Iterable[str], look_up: LookUp
    ) -> Mapping[str, Any] | None:
        """The organization's present values of some fields, read anew: what is kept could be out of date."""
        row = await _read_place(provider, ORGANIZATION, organization, look_up)
        return None if row is None else {name: getattr(row, name) for name in names}

    async def rows(self, by: NamedBy, asker: Asker, project: str, look_up: LookUp) -> tuple[Sequence[Any], bool]:
        """What the list of names holds, as many rows as are read, and whether that is all."""

        async def ask() -> tuple[Sequence[Any], bool]:
            found: list[Any] = []
            most = by.operation.per_page
            for number in range(by.pages):
                given = {"project_id": project, "per_page": most} | ({by.offset: number * most} if by.offset else {})
                page = await look_up(by.operation, by.operation.params.model_validate(given), f"{by.noun}s")
                found += page.rows if page is not None else ()
                if page is None or page.next_mark is None:
                    return found, True
            return found, False

        rows: tuple[Sequence[Any], bool] = await self._once((asker, f"named {by.operation.id}", project), ask)
        return rows

    async def fields(self, listing: FieldLookUp, asker: Asker, project: str, look_up: LookUp) -> frozenset[str]:
        """The names by which the project's rows can be filtered."""

        async def ask() -> frozenset[str] | None:
            operation = listing.operation
            params = operation.params.model_validate({listing.parameter: project})
            page = await look_up(operation, params, f"{operation.resource.replace('_', ' ')}s")
            return None if page is None else frozenset(getattr(row, listing.attribute) for row in page.rows)

        return await self._once((asker, "fields", project), ask) or frozenset()

    async def _once(self, key: Key, ask: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - each kind its own type
        """What is kept under ``key``, or what ``ask`` finds; calls that arrive together ask once."""
        known = self._kept.get(key)
        if (
            known is not None
            # check: what was found is asked for again after five minutes
            and known[0] > self._clock.monotonic()
        ):
            return known[1]
        lock = self._busy.setdefault(key, anyio.Lock())
        try:
            async with lock:
                known = self._kept.get(key)
                if known is not None and known[0] > self._clock.monotonic():
                    return known[1]
                found = await ask()
                self._keep(key, found)
                return found
        finally:
            if not lock.statistics().tasks_waiting:
                self._busy.pop(key, None)

    def _keep(self, key: Key, found: object) -> None:
        # check: the memory of look-ups has a limit
        if len(self._kept) >= MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept.pop(key, None)
        self._kept[key] = (
            self._clock.monotonic()
            # check: what is not there is kept as long as what is
            + KEPT_SECONDS,
            found,
        )


async def _look_up_place(provider: Provider, dimension: Dimension, ref: str, look_up: LookUp) -> Found | None:
    """The place with this id or slug; None where the answer is about another one, which would decide wrongly."""
    row, how = await _read_place(provider, dimension, ref, look_up), provider.lookups[dimension]
    if row is None:
        return None
    found = _as_found(row, how)
    # check: a look-up that answers about another project finds nothing
    if ref not in {found.id, found.slug}:
        return None
    return found


def _as_found(row: Any, how: PlaceLookUp) -> Found:  # noqa: ANN401 - any row
    return Found(
        id=getattr(row, how.id),
        slug=getattr(row, how.slug) if how.slug else None,
        organization=getattr(row, how.parent) if how.parent else None,
    )


async def _read_place(provider: Provider, dimension: Dimension, ref: str, look_up: LookUp) -> Any:  # noqa: ANN401 - any row
    """The row of the place; None when there is no such thing."""
    how = provider.lookups[dimension]
    page = await look_up(
        how.operation, how.operation.params.model_validate({how.parameter: ref}), f"{dimension.noun} {ref}"
    )
    return page.rows[0] if page and page.rows else None
