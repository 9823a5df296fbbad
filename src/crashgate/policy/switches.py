"""Single operations and parameters that are switched off by name. Rule: no grant brings them back."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Switch:
    """One name under ``[off]``: an operation, or with ``parameter`` that one of its parameters."""

    operation: str
    parameter: str | None = None
    line: int
    source: str

    @property
    def name(self) -> str:
        """As a document writes it: ``bugsnag.errors.list.filters``."""
        return self.operation if self.parameter is None else f"{self.operation}.{self.parameter}"

    @property
    def where(self) -> str:
        """``policies/triage-agent.toml, [off]``."""
        return f"{self.source}, [off]"

    @property
    def spot(self) -> str:
        """Where to change it: ``policies/triage-agent.toml, [off] (line 9)``."""
        return f"{self.where} (line {self.line})"

    @property
    def setting(self) -> str:
        """The name in its list: ``"bugsnag.errors.discard"``."""
        return f'"{self.name}"'

    def words(self) -> str:
        """``policies/triage-agent.toml, [off], bugsnag.errors.discard``."""
        return f"{self.where}, {self.name}"

    def gives(self) -> str:
        """The start of a sentence: ``policies/triage-agent.toml, [off], switches bugsnag.errors.discard off``."""
        return f"{self.where}, switches {self.name} off"


@dataclass(frozen=True, kw_only=True, slots=True)
class Switches:
    """All of a policy's, in the order in which they are written."""

    all: tuple[Switch, ...] = ()

    def hit_by(self, operation: str, parameters: Collection[str]) -> tuple[Switch, ...]:
        """Those that are on the way of a call which gives these parameters."""
        return tuple(
            each
            for each in self.all
            if each.operation == operation and (each.parameter is None or each.parameter in parameters)
        )

    def parameters_of(self, operation: str) -> frozenset[str]:
        """The parameters of ``operation`` that nobody may give: they are not to be offered."""
        return frozenset(each.parameter for each in self.all if each.operation == operation and each.parameter)
