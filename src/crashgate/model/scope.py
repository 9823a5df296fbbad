"""How the gate learns where a call belongs. Rule: one of these values per operation, and no other way.

A dimension is a kind of place: what a grant must name before it can hold for a resource. A provider declares those it
has by the scopes of its operations; a grant, the schemas and the command line take whatever is declared.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_WORD = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Dimension:
    """A kind of place. Two resources are in the same kind of place when they name this very value.

    Raises ValueError for words that cannot be keys, and for more than one kind around it: a decision looks at no more.
    """

    noun: str
    """One of them: ``project``. A scope that names the parameter for it has an attribute of that name."""
    plural: str
    """A policy's key for it: ``projects``."""
    wider: "Dimension | None" = None
    """The kind around it: a grant may narrow by that too, and need not name it."""
    two_names: bool = False
    """Whether each has an id and a slug, either of which a policy may write."""
    cased: bool = False
    """Whether the names keep capitals, and separators such as those of bundle ids."""

    def __post_init__(self) -> None:
        """Refuse what no document could write."""
        if (
            not _WORD.fullmatch(self.noun)
            or not _WORD.fullmatch(self.plural)
            or self.plural in {"connection", "access"}
        ):
            raise ValueError(f"{self.noun!r} and {self.plural!r} cannot be the words for a kind of place")
        if self.wider is not None and self.wider.wider is not None:
            raise ValueError(f"{self.plural}: there is a second kind of place around {self.wider}")

    def __str__(self) -> str:
        return self.plural


NOTHING = Dimension(noun="nothing", plural="nothing")
"""For a resource that belongs nowhere: a grant on it need not name a place."""
ORGANIZATION = Dimension(noun="organization", plural="organizations", two_names=True)
PROJECT = Dimension(noun="project", plural="projects", wider=ORGANIZATION, two_names=True)
ENVIRONMENT = Dimension(noun="environment", plural="environments")
PLATFORM = Dimension(noun="platform", plural="platforms")
APP = Dimension(noun="app", plural="apps", wider=PLATFORM, cased=True)


def kinds_of(dimensions: Iterable[Dimension]) -> tuple[Dimension, ...]:
    """Every kind of place among them and around them, each once, the wider one first.

    Raises ValueError where two of them share a word.
    """
    kinds: dict[Dimension, None] = {}
    for dimension in dimensions:
        if dimension.wider is not None:
            kinds[dimension.wider] = None
        if dimension is not NOTHING:
            kinds[dimension] = None
    words = [word for kind in kinds for word in (kind.noun, kind.plural)]
    for word in words:
        if words.count(word) > 1:
            raise ValueError(f"two kinds of place are called {word!r}")
    return tuple(kinds)


@dataclass(frozen=True, kw_only=True, slots=True)
class Anywhere:
    """The operation touches nothing that belongs to an organization or a project."""

    dimension: Dimension = NOTHING


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectNamed:
    """The parameter ``project`` names the project, in the path or in the body; the rest is below that project."""

    project: str = "project_id"
    dimension: Dimension = PROJECT


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectOfObject:
    """The path names only an object, by the parameter ``object`` (THREATS row 14).

    It is looked for with the operation ``read`` first: in the claimed project, or among what is below a thing there.
    ``read`` takes its parameters from this operation's own, by the same names.
    """

    object: str
    read: str
    project: str = "project_id"
    dimension: Dimension = PROJECT


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectRows:
    """Each row of the answer is a project; rows out of scope are dropped and totals withheld (row 20)."""

    organization: str = "organization_id"
    dimension: Dimension = PROJECT


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectToCome:
    """The call makes a project in ``organization``: only a grant on all projects there holds for one not yet named."""

    organization: str = "organization_id"
    dimension: Dimension = PROJECT


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganizationNamed:
    """The parameter ``organization`` names the organization.

    ``kept`` are body parameters that upstream demands: where the caller does not give one, the organization's present
    value is read and sent, so that nothing changes that nobody asked to change.
    """

    organization: str = "organization_id"
    kept: tuple[str, ...] = ()
    dimension: Dimension = ORGANIZATION


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganizationRows:
    """Each row of the answer is an organization; rows out of scope are dropped and totals withheld."""

    dimension: Dimension = ORGANIZATION


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganizationToCome:
    """The call makes an organization: only a grant on all organizations holds for one not yet named."""

    dimension: Dimension = ORGANIZATION


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentRows:
    """Each row of the answer, and each of its ``parts``, says which environment it is in; the others are dropped.

    ``environment`` is the parameter that asks for some environments only, where there is one.
    """

    environment: str | None = None
    parts: str | None = None
    dimension: Dimension = ENVIRONMENT


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentNamed:
    """The parameter ``environment`` names the environment of what is made.

    What it is added to, named by the parameter ``object``, is looked for with the operation ``read`` first: what is
    there already must be in an environment that is allowed too (THREATS row 14).
    """

    environment: str
    object: str
    read: str
    dimension: Dimension = ENVIRONMENT


@dataclass(frozen=True, kw_only=True, slots=True)
class AppNamed:
    """The parameters name the app and its platform; rows that say another platform are dropped."""

    app: str = "app_id"
    platform: str = "platform"
    dimension: Dimension = APP


@dataclass(frozen=True, kw_only=True, slots=True)
class AppOfObject:
    """The request names the app and an object, but not the platform (THREATS row 14).

    The object is looked for with the operation ``read`` first, on the platform that the caller claims.
    """

    object: str
    read: str
    app: str = "app_id"
    platform: str = "platform"
    dimension: Dimension = APP


def naming(scope: "Scope") -> Mapping[str, Dimension]:
    """The parameters by which a caller names places, with the dimension of each."""
    named: dict[str, Dimension] = {}
    for dimension in kinds_of([scope.dimension]):
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
