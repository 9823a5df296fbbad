"""A call that carries one operation out. Rule: ids are those of the world in which the samples are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from crashgate_sandbox.world.world import World

Arguments = Callable[["Here"], Mapping[str, Any]]


TRACKED = "payments-api"
"""The project with an issue tracker."""


@dataclass(frozen=True, kw_only=True)
class Here:
    """The project in which the samples are, and what is in it."""

    world: World
    slug: str = "checkout-ios"
    organization: str = "acme"

    @property
    def project_id(self) -> str:
        found = self.world.project(self.slug)
        assert found is not None
        return found.id

    @property
    def organization_id(self) -> str:
        found = self.world.organization(self.organization)
        assert found is not None
        return found.id

    def error(self, number: int) -> str:
        """The id of an error; each change has one of its own."""
        return self.world.errors_of(self.project_id)[number].id

    def event(self, number: int) -> str:
        return self.world.occurrences(self.world.errors[self.error(number)])[0].id

    def release(self, number: int = 0) -> str:
        found = self.world.project(self.slug)
        assert found is not None
        return self.world.releases(found)[number].id

    def person(self) -> str:
        return self.world.people[0].id

    def errors(self, first: int) -> list[str]:
        """Three errors for one change of many."""
        return [self.error(number) for number in range(first, first + 3)]

    def comment(self, error: int) -> str:
        """A comment on an error; where nobody wrote one, it is written now."""
        error_id = self.error(error)
        found = self.world.comments.on(error_id)
        return (found[0] if found else self.world.comments.add(error_id, self.person(), "Seen.", self.world.now)).id

    def release_group(self) -> str:
        found = self.world.project(self.slug)
        assert found is not None
        return self.world.release_groups(found)[0].id

    def trace(self) -> str:
        found = self.world.project(self.slug)
        assert found is not None
        return self.world.spans(found)[-1].trace.id

    def saved_search(self) -> str:
        return next(each.id for each in self.world.searches.of(self.project_id) if each.shared)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A tool call that carries the operation out, and the request that must then arrive upstream.

    ``holds`` is the key of the answer; ``path`` is None for what crashgate answers itself, as the tester wrote it down
    from the vendor's documents, behind the sandbox's prefix for the provider. ``looked_up_alike`` says that the gate
    asks the very same before, to decide the call.
    """

    tool: str
    arguments: Arguments
    method: str = "GET"
    path: str | None
    holds: str
    looked_up_alike: bool = False


def expected_path(sample: Sample, here: Here) -> str | None:
    """The path of the sample's request, with the ids of the world in it."""
    if sample.path is None:
        return None
    arguments = sample.arguments(here)
    named = {name.removesuffix("_id"): quote(str(value), safe="") for name, value in arguments.items()}
    errors = arguments.get("error_ids", ())
    if len(errors) == 1:
        named["error"] = errors[0]
    places = {
        "project": Here(world=here.world, slug=arguments.get("project_id", here.slug)).project_id,
        "organization": here.organization_id,
        "other_organization": Here(world=here.world, organization="globex").organization_id,
    }
    return sample.path.format_map({**named, **places})
