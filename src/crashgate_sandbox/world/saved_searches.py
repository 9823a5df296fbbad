"""Saved searches. Rule: one that is not shared is its owner's alone; a default pushes the earlier default aside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crashgate_sandbox.world.customers import customer
from crashgate_sandbox.world.draw import object_id
from crashgate_sandbox.world.projects import Project

Filters = Mapping[str, Sequence[Mapping[str, object]]]
"""Comparisons by field, each with a type and a value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedSearch:
    """Filters and a sort that somebody kept."""

    id: str
    project_id: str
    owner_id: str
    name: str
    filters: Filters
    sort: str
    shared: bool
    default: bool
    updated_by_id: str
    created_at: datetime
    updated_at: datetime


class SavedSearches:
    """All saved searches, by their ids."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._added = 0
        self._kept: dict[str, SavedSearch] = {}

    def draw(self, project: Project, owners: tuple[str, ...], now: datetime) -> None:
        """Put those into a project that were there before anybody asked."""
        for one in _drawn(self._seed, project, owners, now):
            self._kept[one.id] = one

    def of(self, project_id: str) -> tuple[SavedSearch, ...]:
        """The searches of a project by name."""
        return tuple(
            sorted(
                (one for one in self._kept.values() if one.project_id == project_id), key=lambda one: (one.name, one.id)
            )
        )

    def find(self, search_id: str) -> SavedSearch | None:
        """The search with that id."""
        return self._kept.get(search_id)

    def new_id(self) -> str:
        """An id for one that is being saved; no id is given out twice."""
        self._added += 1
        return object_id(self._seed, "added search", self._added)

    def keep(self, one: SavedSearch) -> SavedSearch:
        """Save a new one, or a change of one."""
        if one.default:
            for other in self.of(one.project_id):
                self._kept[other.id] = replace(other, default=False)
        self._kept[one.id] = one
        return one

    def remove(self, one: SavedSearch) -> None:
        """Gone, for good."""
        del self._kept[one.id]

    def forget(self, project_id: str) -> None:
        """The project is gone."""
        for one in self.of(project_id):
            self.remove(one)


def _drawn(seed: int, project: Project, owners: tuple[str, ...], now: datetime) -> Iterator[SavedSearch]:
    someone = customer(seed, project.plan.organization, 7)
    texts: tuple[tuple[str, Filters, str, bool, bool], ...] = (
        ("Open in production", {**_is("error.status", "open"), **_is("app.release_stage", "production")}, "users",
         True, True),
        ("Everything but fixed", {"error.status": [{"type": "ne", "value": "fixed"}]}, "last_seen", True, False),
        (f"Ticket of {someone.name}", _is("user.email", someone.email), "last_seen", True, False),
        ("Mine, with a ticket", {**_is("error.assigned_to", "me"), **_is("error.has_issue", "true")}, "first_seen",
         False, False),
        ("Not mine to see", {**_is("error.assigned_to", "anyone"), **_is("event.since", "7d")}, "events", False, False),
    )  # fmt: skip
    for number, (name, filters, sort, shared, default) in enumerate(texts):
        owner = owners[number % len(owners)] if shared or number == len(texts) - 1 else owners[0]
        at = now - timedelta(days=9 * (number + 1))
        yield SavedSearch(
            id=object_id(seed, "saved search", project.plan.slug, number),
            project_id=project.id,
            owner_id=owner,
            name=name,
            filters=filters,
            sort=sort,
            shared=shared,
            default=default,
            updated_by_id=owners[0],
            created_at=at,
            updated_at=at + timedelta(days=2),
        )


def _is(field: str, value: str) -> Filters:
    return {field: [{"type": "eq", "value": value}]}
