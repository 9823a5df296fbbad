"""How the gate learns where a call belongs. Rule: one of these values per operation, and no other way.

A dimension is what a grant must name before it can hold for a resource; its value is the policy's own key.
"""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Dimension(StrEnum):
    """What a grant on a resource must name."""

    NOTHING = "nothing"
    ORGANIZATION = "organizations"
    PROJECT = "projects"


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


Scope = (
    Anywhere
    | ProjectNamed
    | ProjectOfObject
    | ProjectRows
    | ProjectToCome
    | OrganizationNamed
    | OrganizationRows
    | OrganizationToCome
)
