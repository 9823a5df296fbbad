"""All that is known of one call while it is at the door. Rule: what is decided is what is sent is what is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from crashgate.catalogue.access import Access
from crashgate.catalogue.operation import AnyOperation
from crashgate.catalogue.params import Params
from crashgate.gateway.ask import Ask
from crashgate.gateway.places import Found
from crashgate.policy.policy import Policy
from crashgate.policy.question import Place, Question


@dataclass(kw_only=True, slots=True)
class Case:
    """One call: filled in as the gate learns where it belongs. ``parent`` is the call that needed this look-up.

    ``kept`` names the parameters that the gate put in itself, with the values that stand upstream already.
    """

    ask: Ask
    policy: Policy | None
    parent: str | None = None
    looked_for: str | None = None
    id: str = field(default_factory=lambda: uuid4().hex)
    params: Params | None = None
    organization: Found | None = None
    project: Found | None = None
    looked_up: bool = False
    kept: frozenset[str] = frozenset()

    @property
    def connection(self) -> str:
        """The connection asked for; a call without one is crashgate's own affair."""
        return self.ask.connection or "crashgate"

    @property
    def access(self) -> Access | None:
        """The access that the call takes, with the parameters that the caller gave."""
        given = self.params.model_fields_set - self.kept if self.params else ()
        return self.ask.operation.access_with(given) if self.ask.operation else None

    def question(self, *, organization: Place | None = None, project: Place | None = None) -> Question:
        """What the policy is asked. Only for a call with an operation."""
        operation = self.ask.operation
        if operation is None:
            raise ValueError("a tool that does not exist has no question")
        return Question(
            agent=self.ask.principal.agent,
            connection=self.connection,
            operation=operation.id,
            resource=operation.resource,
            access=self.access or operation.access,
            dimension=operation.scope.dimension,
            organization=organization or (self.organization.place if self.organization else None),
            project=project or (self.project.place if self.project else None),
        )

    def settle(self) -> None:
        """Put the project's and organization's ids where the caller gave slugs, before anything is built."""
        if self.params is None:
            return
        ids = {
            name: found.id
            for name, found in (("project_id", self.project), ("organization_id", self.organization))
            if found is not None and name in type(self.params).model_fields
        }
        self.params = self.params.model_copy(update=ids)

    @property
    def logged(self) -> Mapping[str, Any]:
        """The arguments that the log may show: of declared types with a pattern or a closed list (row 29)."""
        operation, params = self.ask.operation, self.params
        if operation is None or params is None:
            return {}
        given = {f.name: getattr(params, f.name) for f in operation.fields if f.logged}
        return {name: value for name, value in given.items() if value is not None}

    @property
    def sent(self) -> Mapping[str, Any]:
        """All arguments as they were read, for the digest."""
        return {} if self.params is None else self.params.model_dump(mode="json", exclude_unset=True)

    @property
    def target(self) -> str | None:
        """What the operation acts on, in words made of values that the log may show."""
        if self.looked_for is not None or self.ask.operation is None or self.params is None:
            return self.looked_for
        return self.ask.operation.wording.target.format_map(self.logged)

    @property
    def home(self) -> str | None:
        """The id of the project that the call is in; what the caller named, where the gate did not look it up."""
        if self.project is not None:
            return self.project.id
        return getattr(self.params, "project_id", None)

    def look_up(self, operation: AnyOperation, params: Params, words: str) -> "Case":
        """The case of a look-up that this one needs."""
        ask = replace(self.ask, operation=operation, arguments={}, next_query=None, fault=None, answer=None)
        self.looked_up = True
        here = self.project if getattr(params, "project_id", None) == self.home else None
        return Case(ask=ask, policy=self.policy, parent=self.id, looked_for=words, params=params, project=here)
