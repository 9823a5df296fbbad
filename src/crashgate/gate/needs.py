"""What a plan asks for while it authorises a call. Values only; ``look_ups`` finds the answers."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from crashgate.model.params import NamedBy, Params
from crashgate.model.scope import AppOfObject, Dimension, EnvironmentNamed, ProjectOfObject


@dataclass(frozen=True, kw_only=True, slots=True)
class ChargeCall:
    """Count the call against the limits of the policy, once. Comes before every other need; its answer is None."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NeedPlace:
    """The project or organization with this id or slug. Answer: ``Found``, or None where there is none.

    ``with_organization`` looks up a project's organization at the same time.
    """

    dimension: Dimension
    name: str
    with_organization: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class NeedObject:
    """Where the object is that the call names. Answer: its project, environment or platform; None if it is not there.

    ``params`` hold ids, no slugs.
    """

    scope: ProjectOfObject | EnvironmentNamed | AppOfObject
    params: Params


@dataclass(frozen=True, kw_only=True, slots=True)
class NeedValues:
    """The organization's present values of some settings, by name. Answer: a mapping, or None where it is gone."""

    organization: str
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class NeedFields:
    """Whether the project's rows can be filtered by these names. Answer: what is wrong with them, or None."""

    project: str
    names: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class NeedNamed:
    """What a caller calls by ``value`` instead of its id, by ``fields``; those ``beside`` are told with them.

    Answer: ``NamedObject``, or what is wrong.
    """

    by: NamedBy
    parameter: str
    project: str
    value: str
    fields: tuple[str, ...]
    beside: tuple[str, ...] = ()


Need = NeedNamed | ChargeCall | NeedPlace | NeedObject | NeedValues | NeedFields


class Unknown(Enum):
    """The answer to a need where nothing can be looked up."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
