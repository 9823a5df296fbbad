"""Single operations and parameters that are switched off by name. No grant brings them back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from crashgate.model.catalogue import Catalogue
from crashgate.policy.toml_positions import Path
from crashgate.policy.wording import listed, unknown
from crashgate.policy.words import Entries, NameList, Reading, Schema, Word

OPERATION: Final = '"bugsnag.errors.discard"'
_PARAMETER = '"bugsnag.errors.list.filters"'


def is_operation(reading: Reading, path: Path, name: str) -> bool:
    """Whether it is an operation's id; notes what is meant instead."""
    if name in reading.catalogue.operations:
        return True
    reading.note(path, _no_operation(name, reading.catalogue))
    return False


def operation_ids(catalogue: Catalogue) -> Schema:
    """The JSON Schema of an operation's id."""
    return {"enum": [*catalogue.operations]}


def _optional_parameters(catalogue: Catalogue) -> Schema:
    return {
        "enum": [
            f"{operation.id}.{name}"
            for operation in catalogue.operations.values()
            for name, field in operation.params.model_fields.items()
            if not field.is_required()
        ]
    }


def _no_operation(name: str, catalogue: Catalogue) -> str:
    """What is said of a name that is no operation's; a tool's name stands in every log, so people write that."""
    tool = catalogue.tools_by_name.get(name)
    if tool is None:
        return unknown("operation", name, catalogue.operations)
    behind = [each.id for each in tool.operations]
    are = "operation is" if len(behind) == 1 else "operations are"
    return f"`{name}` is a tool; its {are} {listed([f'`{each}`' for each in behind], limit=300)}"


def _is_parameter(reading: Reading, path: Path, name: str) -> bool:
    operation, _, parameter = name.rpartition(".")
    operations = reading.catalogue.operations
    if operation not in operations:
        example = f"write an operation and its parameter, such as {_PARAMETER}"
        reading.note(path, _no_operation(operation, reading.catalogue) if operation else example)
        return False
    fields = operations[operation].params.model_fields
    if parameter not in fields:
        reading.note(path, unknown(f"parameter of {operation}", parameter, fields))
        return False
    if fields[parameter].is_required():
        what = f"{operation} cannot be called without `{parameter}`"
        reading.note(path, f'{what}; switch all of it off, with operations = ["{operation}"]')
        return False
    return True


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

    ABOUT: ClassVar[str] = "Operations and parameters switched off by name; off overrides every grant."
    EXAMPLE: ClassVar[str] = f"operations = [{OPERATION}]"
    NEEDS: ClassVar[Mapping[str, str]] = {}
    WORDS: ClassVar[Mapping[str, Word]] = {
        "operations": NameList(
            about="Operations that are denied whatever is granted.",
            example=OPERATION,
            check=is_operation,
            items=operation_ids,
        ),
        "parameters": NameList(
            about="Parameters that may not be given: the operation, a dot, the parameter.",
            example=_PARAMETER,
            check=_is_parameter,
            items=_optional_parameters,
        ),
    }

    all: tuple[Switch, ...] = ()

    @classmethod
    def of(cls, entries: Entries) -> "Switches":
        """What the names switch off."""
        found = [
            Switch(operation=each.value, line=each.line, source=each.source) for each in entries.get("operations", ())
        ]
        for each in entries.get("parameters", ()):
            operation, _, parameter = each.value.rpartition(".")
            found.append(Switch(operation=operation, parameter=parameter, line=each.line, source=each.source))
        return cls(all=tuple(found))

    def value(self, key: str) -> tuple[str, ...]:
        """The names that one word has."""
        return tuple(each.name for each in self.all if (each.parameter is None) is (key == "operations"))

    def hit_by(self, operation: str, parameters: Collection[str]) -> tuple[Switch, ...]:
        """Those that are on the way of a call which gives these parameters."""
        return tuple(
            each
            for each in self.all
            if each.operation == operation
            and (
                each.parameter is None
                # check: a switch of a parameter is on calls that give it
                or each.parameter in parameters
            )
        )

    def parameters_of(self, operation: str) -> frozenset[str]:
        """The parameters of ``operation`` that nobody may give: they are not to be offered."""
        return frozenset(
            each.parameter
            for each in self.all
            if each.operation == operation
            # check[never]: a parameter that is off is not offered
            and each.parameter
        )
