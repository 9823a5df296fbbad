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
class ProjectInPath:
    """The parameter ``project`` names the project, and the path is below that project."""

    project: str = "project_id"
    dimension: Dimension = Dimension.PROJECT


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectOfError:
    """The path names an error alone: the error is read below the claimed project first (THREATS row 14)."""

    project: str = "project_id"
    error: str = "error_id"
    dimension: Dimension = Dimension.PROJECT


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectRows:
    """Each row of the answer is a project; rows out of scope are dropped and totals withheld (row 20)."""

    organization: str = "organization_id"
    dimension: Dimension = Dimension.PROJECT


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganizationInPath:
    """The parameter ``organization`` names the organization."""

    organization: str = "organization_id"
    dimension: Dimension = Dimension.ORGANIZATION


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganizationRows:
    """Each row of the answer is an organization; rows out of scope are dropped and totals withheld."""

    dimension: Dimension = Dimension.ORGANIZATION


Scope = Anywhere | ProjectInPath | ProjectOfError | ProjectRows | OrganizationInPath | OrganizationRows
