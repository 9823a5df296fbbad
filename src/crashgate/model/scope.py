"""How the gate learns where a call belongs. Rule: one of these values per operation, and no other way.

A dimension is what a grant must name before it can hold for a resource; its value is the policy's own key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Dimension(StrEnum):
    """What a grant on a resource must name."""

    NOTHING = "nothing"
    ORGANIZATION = "organizations"
    PROJECT = "projects"
    ENVIRONMENT = "environments"
    PLATFORM = "platforms"
    APP = "apps"

    @property
    def wider(self) -> "Dimension | None":
        """The dimension around it: a grant may narrow by that too, and need not name it."""
        return _WIDER.get(self)

    @property
    def noun(self) -> str:
        """One of them: ``project``."""
        return self.value.removesuffix("s")


_WIDER = {Dimension.PROJECT: Dimension.ORGANIZATION, Dimension.APP: Dimension.PLATFORM}
PLACES = tuple(dimension for dimension in Dimension if dimension is not Dimension.NOTHING)
"""What a grant may name, as the keys of a document."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Anywhere:
    """The operation touches nothing that belongs to an organization or a project."""

    dimension: Dimension = Dimension.NOTHING


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectNamed:
    """The parameter ``project`` names the project, in the path or in the body; the rest is below that project."""

    project: str = "project_id"
    dimension: Dimension = Dimension.PROJECT


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectOfObject:
    """The path names only an object, by the parameter ``object`` (THREATS row 14).

    It is looked for with the operation ``read`` first: in the claimed project, or among what is below a thing there.
    ``read`` takes its parameters from this operation's own, by the same names.
    """

    object: str
    read: str
    project: str = "project_id"
    dimension: Dimension = Dimension.PROJECT


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectRows:
    """Each row of the answer is a project; rows out of scope are dropped and totals withheld (row 20)."""

    organization: str = "organization_id"
    dimension: Dimension = Dimension.PROJECT


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectToCome:
    """The call makes a project in ``organization``: only a grant on all projects there holds for one not yet named."""

    organization: str = "organization_id"
    dimension: Dimension = Dimension.PROJECT


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganizationNamed:
    """The parameter ``organization`` names the organization.

    ``kept`` are body parameters that upstream demands: where the caller does not give one, the organization's present
    value is read and sent, so that nothing changes that nobody asked to change.
    """

    organization: str = "organization_id"
    kept: tuple[str, ...] = ()
    dimension: Dimension = Dimension.ORGANIZATION


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganizationRows:
    """Each row of the answer is an organization; rows out of scope are dropped and totals withheld."""

    dimension: Dimension = Dimension.ORGANIZATION


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganizationToCome:
    """The call makes an organization: only a grant on all organizations holds for one not yet named."""

    dimension: Dimension = Dimension.ORGANIZATION


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentRows:
    """Each row of the answer, and each of its ``parts``, says which environment it is in; the others are dropped.

    ``environment`` is the parameter that asks for some environments only, where there is one.
    """

    environment: str | None = None
    parts: str | None = None
    dimension: Dimension = Dimension.ENVIRONMENT


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentNamed:
    """The parameter ``environment`` names the environment of what is made.

    What it is added to, named by the parameter ``object``, is looked for with the operation ``read`` first: what is
    there already must be in an environment that is allowed too (THREATS row 14).
    """

    environment: str
    object: str
    read: str
    dimension: Dimension = Dimension.ENVIRONMENT


@dataclass(frozen=True, kw_only=True, slots=True)
class AppNamed:
    """The parameters name the app and its platform; rows that say another platform are dropped."""

    app: str = "app_id"
    platform: str = "platform"
    dimension: Dimension = Dimension.APP


@dataclass(frozen=True, kw_only=True, slots=True)
class AppOfObject:
    """The request names the app and an object, but not the platform (THREATS row 14).

    The object is looked for with the operation ``read`` first, on the platform that the caller claims.
    """

    object: str
    read: str
    app: str = "app_id"
    platform: str = "platform"
    dimension: Dimension = Dimension.APP


def naming(scope: "Scope") -> Mapping[str, Dimension]:
    """The parameters by which a caller names places, with the dimension of each."""
    named: dict[str, Dimension] = {}
    for dimension in PLACES:
        parameter: str | None = getattr(scope, dimension.noun, None)
        if parameter is not None:
            named[parameter] = dimension
    return named


Scope = (
    Anywhere
    | ProjectNamed
    | ProjectOfObject
    | ProjectRows
    | ProjectToCome
    | OrganizationNamed
    | OrganizationRows
    | OrganizationToCome
    | EnvironmentRows
    | EnvironmentNamed
    | AppNamed
    | AppOfObject
)
