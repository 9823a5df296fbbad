"""What one agent is granted, and all agents' policies together. Rule: whatever no grant speaks of is denied."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from crashgate.policy.approval import Approval
from crashgate.policy.grant import Grant
from crashgate.policy.index import Index
from crashgate.policy.limits import Limits
from crashgate.policy.mode import Mode
from crashgate.policy.problem import PolicyDocumentError, Problem
from crashgate.policy.redaction import Redaction
from crashgate.policy.switches import Switches


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """One agent's document.

    ``about`` and ``owner`` are one line each, written for people. ``source`` is folder and file name
    (``policies/triage-agent.toml``), ``hash`` the SHA-256 of the document's bytes in hexadecimal. ``grants`` starts
    with the built-in one. ``off`` beats them all.
    """

    agent: str
    about: str
    owner: str
    source: str
    hash: str
    grants: tuple[Grant, ...]
    mode: Mode = Mode.ENFORCE
    off: Switches = Switches()  # noqa: RUF009 - a frozen value
    limits: Limits = Limits()  # noqa: RUF009 - a frozen value
    redaction: Redaction = Redaction()  # noqa: RUF009 - a frozen value
    approval: Approval = Approval()  # noqa: RUF009 - a frozen value
    _index: Index | None = field(default=None, init=False, repr=False, compare=False, hash=False)

    @property
    def index(self) -> Index:
        """The grants, ready to be asked; made once, when they are asked for the first time."""
        index = self._index
        if index is None:
            index = Index(self.grants, source=self.source)
            object.__setattr__(self, "_index", index)
        return index


class PolicySet(Mapping[str, Policy]):
    """The policies in force, by agent; never changes.

    ``broken`` are the agents whose document cannot be used, each with what is wrong with it.

    Raises PolicyDocumentError when two documents speak of one agent, and names both.
    """

    __slots__ = ("_policies", "broken")

    def __init__(
        self, policies: Iterable[Policy] = (), *, broken: Mapping[str, tuple[Problem, ...]] = MappingProxyType({})
    ) -> None:
        by_agent: dict[str, Policy] = {}
        problems: list[Problem] = []
        for policy in policies:
            first = by_agent.setdefault(policy.agent, policy)
            if first is not policy:
                text = f"agent `{policy.agent}` already has a policy, in {first.source}"
                problems.append(Problem(source=policy.source, line=1, text=text))
        if problems:
            raise PolicyDocumentError(problems)
        self._policies: Mapping[str, Policy] = MappingProxyType(dict(sorted(by_agent.items())))
        self.broken: Mapping[str, tuple[Problem, ...]] = MappingProxyType(dict(broken))

    def __getitem__(self, agent: str) -> Policy:
        return self._policies[agent]

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def __len__(self) -> int:
        return len(self._policies)
