"""What a call acts on, in words. Rule: made of the catalogue's words and of values that the log may show.

A target holds parameter names in braces. One that is a list is told by how many there are, as what the braces say:
``{error_ids:error}`` is ``1 error`` or ``100 errors``, so that nobody approves a hundred deletes as "several".

All that is known of one call while it is at the door. Rule: what is decided is what is sent is what is recorded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import uuid4

from crashgate.audit.record import Value
from crashgate.errors import CrashgateError
from crashgate.gate.call import Ask
from crashgate.gate.export_access import ExportAccess
from crashgate.gate.places import Asker, Found, NamedObject
from crashgate.model.access import Access
from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from crashgate.model.result import Page
from crashgate.model.scope import APP, ENVIRONMENT, ORGANIZATION, PLATFORM, PROJECT, Dimension, naming
from crashgate.model.tool import Reply
from crashgate.policy.decision import Place, Question
from crashgate.policy.policy import Policy


class _Many:
    """A list in a sentence."""

    def __init__(self, values: Sequence[object]) -> None:
        # check[none]: who is asked reads how many
        self._number = len(values)

    def __format__(self, noun: str) -> str:
        return f"{self._number} {noun}{'' if self._number == 1 else 's'}"


class _Withheld:
    """A value that the log may not show, or that was not given."""

    def __format__(self, noun: str) -> str:
        return f"several {noun}s" if noun else "(not shown)"


class _Told(dict[str, Any]):
    def __missing__(self, name: str) -> _Withheld:
        return _Withheld()


def spoken(target: str, logged: Mapping[str, Any]) -> str:
    """``target`` with the values in its braces; what is not among them is said to be left out."""
    told = {
        name: _Many(cast("Sequence[object]", value)) if isinstance(value, list | tuple) else value
        for name, value in logged.items()
    }
    return target.format_map(_Told(told))


@dataclass(kw_only=True, slots=True)
class CallState:
    """One call: filled in as the gate learns where it belongs. ``parent`` is the call that needed this look-up.

    ``kept`` names the parameters that the gate put in itself, with the values that stand upstream already. ``counted``:
    it stands among the agent's calls. ``observed``: its policy refuses it, and observe mode lets it through.
    ``holding``: what is in the file that the call reads from or writes to.
    """

    ask: Ask
    policy: Policy | None
    parent: str | None = None
    looked_for: str | None = None
    id: str = field(default_factory=lambda: uuid4().hex)
    params: Params | None = None
    organization: Found | None = None
    project: Found | None = None
    environment: str | None = None
    platform: str | None = None
    app: str | None = None
    looked_up: bool = False
    kept: frozenset[str] = frozenset()
    counted: bool = False
    observed: bool = False
    holding: ExportAccess | None = None
    known: Question | None = None
    """For a question that no agent asks: all that is known. What is not is unknown, and not missing."""
    together: bool = False
    """One of several changes that were all asked for before the first: what one answers led to none of them."""
    named: dict[str, NamedObject] = field(default_factory=dict[str, NamedObject])
    """By parameter, what the caller called by a name, where an id is sent."""
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Of such a question the arguments, with those that the policy leaves no choice about."""
    _access: tuple[Params, frozenset[str], Access] | None = field(default=None, init=False, repr=False)

    @property
    def connection(self) -> str:
        """The connection asked for; a call without one is crashgate's own affair."""
        return self.ask.connection or "crashgate"

    @property
    def asker(self) -> Asker:
        """For whom, and where, something is looked up."""
        return (
            # check[none]: what one agent's calls made known is not used for another
            self.ask.principal.agent,
            # check[none]: what is looked up is of the connection
            self.connection,
        )

    @property
    def access(self) -> Access | None:
        """The access that the call takes, with the parameters that the caller gave."""
        if self.ask.operation is None or self.params is None:
            return self.ask.operation.access if self.ask.operation else None
        known = self._access
        if known is None or known[0] is not self.params or known[1] is not self.kept:
            found = self.ask.operation.access_with(self.params.model_fields_set - self.kept)
            known = self._access = (self.params, self.kept, found)
        return known[2]

    def question(self, **places: Place | None) -> Question:
        """What the policy is asked, in the places known so far or given. Only for a call with an operation."""
        operation = self.ask.operation
        if operation is None:
            raise ValueError("a tool that does not exist has no question")
        if self.known is not None:
            return self.known.at(self._places(places))
        return Question(
            agent=self.ask.principal.agent,
            connection=self.connection,
            operation=operation.id,
            resource=operation.resource,
            access=self.access or operation.access,
            dimension=operation.scope.dimension,
            # What the gate puts in itself nobody asked for, and no switch is on it.
            # check: the parameters that were given are in the question
            parameters=frozenset(self.ask.arguments.keys() & operation.params.model_fields.keys()),
            places=self._places(places),
        )

    def _places(self, given: Mapping[str, Place | None]) -> dict[Dimension, Place]:
        """What is known of where the call belongs, with what is ``given`` in its stead."""
        places: dict[Dimension, Place] = {}
        for kind, found in ((ORGANIZATION, self.organization), (PROJECT, self.project)):
            if place := given.get(kind.noun) or (found.place if found else None):
                places[kind] = place
        for kind, name in ((ENVIRONMENT, self.environment), (PLATFORM, self.platform), (APP, self.app)):
            if place := given.get(kind.noun) or (Place(names=frozenset({name})) if name else None):
                places[kind] = place
        return places

    def value(self, parameter: str) -> Any:  # noqa: ANN401 - any argument
        """The argument; None where there is none."""
        return self.values.get(parameter) if self.known is not None else getattr(self.params, parameter)

    def word(self, parameter: str) -> str | None:
        """The argument as text; None where there is none."""
        value = self.value(parameter)
        return None if value is None else str(value)

    @property
    def where(self) -> str | None:
        """Where the call was, for people; None where its operation belongs nowhere."""
        if self.app is not None:
            return self.app if self.platform is None else f"{self.app} ({self.platform})"
        return (self.project.shown if self.project else self.home) or self.environment

    def settle(self) -> None:
        """Put the project's and organization's ids where the caller gave slugs, before anything is built."""
        if self.params is None:
            return
        ids = {
            name: found.id
            for name, found in (("project_id", self.project), ("organization_id", self.organization))
            if found is not None and name in type(self.params).model_fields
        }
        # check: a slug becomes the id before the request is built
        self.params = self.params.model_copy(update=ids)

    def bound(self) -> None:
        """Put in the values that only narrow what was permitted, where the caller gave none (``Ask.bounds``)."""
        if self.params is not None:
            open_ones = {name: each for name, each in self.ask.bounds.items() if getattr(self.params, name) is None}
            self.params = self.params.model_copy(update=open_ones) if open_ones else self.params

    @property
    def logged(self) -> Mapping[str, Any]:
        """The arguments that the log may show: of declared types with a pattern or a closed list (row 29)."""
        operation, params = self.ask.operation, self.params
        if operation is None or params is None:
            return {}
        given = {f.name: (f.logged, getattr(params, f.name)) for f in operation.fields}
        return {
            name: value
            for name, (mark, value) in given.items()
            if value is not None
            # check: the log shows allow-listed arguments only
            if mark and mark.shows(value)
        }

    @property
    def recorded(self) -> Mapping[str, Value]:
        """The same in a record's form; enumerations are text already."""
        return {name: _value(value) for name, value in self.logged.items()}

    @property
    def sent(self) -> Mapping[str, Any]:
        """All arguments as they were read."""
        return {} if self.params is None else self.params.model_dump(mode="json", exclude_unset=True)

    @property
    def asked(self) -> Mapping[str, Any]:
        """What the digest in a record covers: the arguments, and of a list's later page which one it is."""
        # check[always]: a digest covers the page
        return self.sent if self.ask.mark is None else {**self.sent, "page": self.ask.mark}

    @property
    def target(self) -> str | None:
        """What the operation acts on, in words made of values that the log may show."""
        if self.looked_for is not None or self.ask.operation is None or self.params is None:
            return self.looked_for
        return spoken(self.ask.operation.wording.target, self.logged)

    @property
    def home(self) -> str | None:
        """The id of the project that the call is in; what the caller named, where the gate did not look it up."""
        if self.project is not None:
            return self.project.id
        return getattr(self.params, "project_id", None)

    def reply(self, page: Page[Any]) -> Reply:
        """What the caller gets: ``page``, with the parameters as the gate read them."""
        if self.params is None:
            raise CrashgateError("A call was carried out without parameters.", remedy="Report this defect.")
        return Reply(
            page=page,
            params=self.params,
            connection=self.connection,
            where=self.where,
            call=self.id,
            policy_hash=self.policy.hash if self.policy else None,
            named={name: (each.id, each.shown) for name, each in self.named.items()},
        )

    def look_up(self, operation: AnyOperation, params: Params, words: str) -> "CallState":
        """The case of a look-up that this one needs."""
        ask = replace(self.ask, operation=operation, arguments={}, mark=None, resumed=False, fault=None, answer=None)
        here = self.project if getattr(params, "project_id", None) == self.home else None
        named = {dimension: getattr(params, name) for name, dimension in naming(operation.scope).items()}
        return CallState(
            ask=ask,
            policy=self.policy,
            parent=self.id,
            looked_for=words,
            params=params,
            project=here,
            platform=named.get(PLATFORM),
            app=named.get(APP),
        )


def _value(value: object) -> Value:
    if isinstance(value, bool | int):
        return value
    if isinstance(value, list | tuple):
        return tuple(map(str, cast("list[object]", value)))
    return str(value)
