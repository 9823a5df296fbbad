"""Reading the tables of a document. Rule: each problem is noted with its line, and reading goes on.

What is built counts only when there was no problem.

What stands in a document beside its grants: mode, [off], [limits], [redact], [approve].

Rule: an operation, a parameter or a field that does not exist is a problem, for the line would do nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final, cast

from crashgate.model.field_table import DEEP, RedactionSet, find_path
from crashgate.policy.limits import (
    KEPT,
    MOST_KEPT,
    MOST_MINUTES,
    MOST_ROWS,
    RATES,
    ROWS,
    USUAL_MINUTES,
    Approval,
    Limits,
    Rate,
)
from crashgate.policy.policy import Mode
from crashgate.policy.problem import Problem
from crashgate.policy.redaction import Redaction, field_paths, result_fields
from crashgate.policy.switches import Switch, Switches
from crashgate.policy.toml_positions import Path, Survey
from crashgate.policy.wording import listed, unknown, word
from crashgate.providers.registry import BY_ID

_KINDS: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
}


class Reading:
    """One document while it is read, with the problems found so far."""

    def __init__(self, *, source: str, surveyed: Survey) -> None:
        self.problems: list[Problem] = []
        self.source = source
        self._surveyed = surveyed

    def line(self, path: Path) -> int:
        """The line of ``path``, or of the nearest thing around it."""
        return self._surveyed.line(path)

    def note(self, path: Path, text: str) -> None:
        """Keep a problem."""
        self.problems.append(Problem(source=self.source, line=self.line(path), text=text))

    def check_keys(self, path: Path, data: Mapping[str, object], known: Iterable[str]) -> None:
        """Note each key that is not known."""
        for key in data:
            if key not in known:
                self.note((*path, key), unknown("key", key, known))

    def text(self, path: Path, data: Mapping[str, object], key: str, *, example: str) -> str:
        """A required text; empty after a problem was noted."""
        if key not in data:
            self.note(path, missing(key, example))
            return ""
        text = data[key]
        if isinstance(text, str) and text.strip():
            return text
        fault = "is empty" if isinstance(text, str) else f"is {kind(text)}"
        self.note((*path, key), f"`{key}` {fault}; write {example}")
        return ""

    def texts(self, path: Path, data: Mapping[str, object], key: str, *, example: str) -> list[tuple[Path, str]]:
        """The texts of a list that need not be there, each with where it stands."""
        if key not in data:
            return []
        path = (*path, key)
        entries = as_list(data[key])
        if not entries:
            fault = "is empty" if entries is not None else f"is {kind(data[key])}"
            self.note(path, f"`{key}` {fault}; write {key} = [{example}], or take the line out")
            return []
        found: list[tuple[Path, str]] = []
        for number, entry in enumerate(entries):
            if isinstance(entry, str):
                found.append(((*path, number), entry))
            else:
                self.note((*path, number), f"a name in `{key}` is {kind(entry)}; write text, such as {example}")
        return found

    def number(self, path: Path, data: Mapping[str, object], key: str, *, most: int) -> int | None:
        """A whole number from 1 that need not be there; None also after a problem was noted."""
        if key not in data:
            return None
        value = data[key]
        if type(value) is not int:
            shown = "not a whole number" if isinstance(value, float) else kind(value)
            self.note((*path, key), f"`{key}` is {shown}; write a whole number from 1 to {most}")
            return None
        if not 1 <= value <= most:
            self.note((*path, key), f"`{key}` is {word(str(value)[:20])}; write a whole number from 1 to {most}")
            return None
        return value

    def switch(self, path: Path, data: Mapping[str, object], key: str, *, usual: bool) -> bool:
        """True or false; ``usual`` where it is not there, and after a problem was noted."""
        value = data.get(key, usual)
        if type(value) is bool:
            return value
        self.note((*path, key), f"`{key}` is {kind(value)}; write true or false")
        return usual

    def table(
        self, data: Mapping[str, object], key: str, *, known: Iterable[str], example: str
    ) -> Mapping[str, object]:
        """A table that need not be there, its keys checked; empty where there is none."""
        if key not in data:
            return {}
        found = as_table(data[key])
        if not found:
            fault = "is empty" if found is not None else f"is {kind(data[key])}"
            self.note((key,), f"`{key}` {fault}; write [{key}] and below it {example}, or take it out")
            return {}
        self.check_keys((key,), found, known)
        return found


def missing(key: str, example: str) -> str:
    """What is said of a key that has to be there."""
    return f"missing key `{key}`; write {example}"


def kind(value: object) -> str:
    """What a value is, in words."""
    return _KINDS.get(type(value), "a date")


def as_table(value: object) -> dict[str, object] | None:
    """The value, if it is a table."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[object] | None:
    """The value, if it is a list."""
    return cast("list[object]", value) if isinstance(value, list) else None


Tools = Mapping[str, Sequence[str]]
"""The operations behind each tool."""

_LONGEST = 60
_HINTS = 5

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "off": ("operations", "parameters"),
    "limits": (*RATES, ROWS, KEPT),
    "redact": ("fields", "sets"),
    "approve": ("operations", "after_untrusted_minutes", "expires_minutes", "ask_client"),
}
"""The tables and their keys."""

_OPERATION = '"bugsnag.errors.discard"'
_PARAMETER = '"bugsnag.errors.list.filters"'
_FIELD = '"user.email"'
_SET = '"people"'


def mode(reading: Reading, data: Mapping[str, object]) -> Mode:
    """``enforce`` where nothing is written."""
    value = data.get("mode", Mode.ENFORCE.value)
    if not isinstance(value, str):
        reading.note(("mode",), f'`mode` is {kind(value)}; write mode = "enforce" or mode = "observe"')
    elif value not in set(Mode):
        reading.note(("mode",), unknown("mode", value, Mode))
    else:
        return Mode(value)
    return Mode.ENFORCE


def switches(reading: Reading, data: Mapping[str, object], tools: Tools) -> Switches:
    """What ``[off]`` names."""
    table = reading.table(data, "off", known=KEYS["off"], example=f"operations = [{_OPERATION}]")
    found: list[Switch] = []
    for path, name in reading.texts(("off",), table, "operations", example=_OPERATION):
        if name in BY_ID:
            found.append(Switch(operation=name, line=reading.line(path), source=reading.source))
        else:
            reading.note(path, _no_operation(name, tools))
    for path, name in reading.texts(("off",), table, "parameters", example=_PARAMETER):
        operation, _, parameter = name.rpartition(".")
        if _is_parameter(reading, path, operation, parameter, tools):
            line = reading.line(path)
            found.append(Switch(operation=operation, parameter=parameter, line=line, source=reading.source))
    return Switches(all=tuple(found))


def _no_operation(name: str, tools: Tools) -> str:
    """What is said of a name that is no operation's; a tool's name stands in every log, so people write that."""
    behind = tools.get(name)
    if behind is None:
        return unknown("operation", name, BY_ID)
    are = "operation is" if len(behind) == 1 else "operations are"
    return f"`{name}` is a tool; its {are} {listed([f'`{each}`' for each in behind], limit=300)}"


def _is_parameter(reading: Reading, path: Path, operation: str, parameter: str, tools: Tools) -> bool:
    if operation not in BY_ID:
        example = f"write an operation and its parameter, such as {_PARAMETER}"
        reading.note(path, _no_operation(operation, tools) if operation else example)
        return False
    fields = BY_ID[operation].params.model_fields
    if parameter not in fields:
        reading.note(path, unknown(f"parameter of {operation}", parameter, fields))
        return False
    if fields[parameter].is_required():
        what = f"{operation} cannot be called without `{parameter}`"
        reading.note(path, f'{what}; switch all of it off, with operations = ["{operation}"]')
        return False
    return True


def limits(reading: Reading, data: Mapping[str, object]) -> Limits:
    """What ``[limits]`` bounds."""
    table = reading.table(data, "limits", known=KEYS["limits"], example="calls_per_minute = 60")
    rates: list[Rate] = []
    for key, (counted, window) in RATES.items():
        most = reading.number(("limits",), table, key, most=window.most)
        if most is not None:
            rates.append(Rate(counted=counted, window=window, most=most))
    return Limits(
        rates=tuple(rates),
        rows_per_export=reading.number(("limits",), table, ROWS, most=MOST_ROWS),
        exports_kept=reading.number(("limits",), table, KEPT, most=MOST_KEPT),
    )


def redaction(reading: Reading, data: Mapping[str, object]) -> Redaction:
    """What ``[redact]`` takes out."""
    table = reading.table(data, "redact", known=KEYS["redact"], example=f"fields = [{_FIELD}]")
    fields = reading.texts(("redact",), table, "fields", example=_FIELD)
    sets = reading.texts(("redact",), table, "sets", example=_SET)
    known_sets = [each.value for each in RedactionSet]
    for path, name in sets:
        if name not in known_sets:
            reading.note(path, unknown("set", name, known_sets))
    return Redaction(
        fields=tuple(dict.fromkeys(name for path, name in fields if _is_field(reading, path, name))),
        sets=tuple(dict.fromkeys(name for _, name in sets if name in known_sets)),
    )


def _is_field(reading: Reading, path: Path, name: str) -> bool:
    """Whether some resource has such a field, and none needs it to be read."""
    names = tuple(name.split("."))
    if not all(names) or "*" in names[:-1] or (DEEP in names and names.index(DEEP) != len(names) - 2):
        rules = "write names joined by dots, * only as the last of them, and ** only before the last"
        reading.note(path, f"`{word(name)}` is no path; {rules}")
        return False
    plain = names[:-1] if names[-1] == "*" else names
    found = [along for each in result_fields().values() if (along := find_path(each, plain))]
    if not found:
        reading.note(path, _no_field(name))
        return False
    if names[-1] == "*" and not any(along[-1].below or along[-1].free for along in found):
        reading.note(path, f"nothing is below `{word('.'.join(plain))}`; write it without the *")
        return False
    if names[-1] != "*" and any(len(along) == len(names) and along[-1].fixed for along in found):
        reading.note(path, f"`{word(name)}` names the object itself and cannot be taken out")
        return False
    return True


def _no_field(name: str) -> str:
    """What is said of a path that no answer has: the nearest that some has, by its words or by its last name."""
    wrong, known = name[:_LONGEST], sorted(field_paths())
    end = f".{wrong.rpartition('.')[2].lower()}"
    near = [each for each in known if f".{each.lower()}".endswith(end)] or get_close_matches(wrong, known, n=1)
    near = near or get_close_matches(wrong, known, n=_HINTS, cutoff=0)
    told = listed([f"`{each}`" for each in near], limit=200)
    return f"unknown field `{word(name)}`; {f'did you mean {told}?' if len(near) == 1 else f'the nearest are {told}'}"


def approval(reading: Reading, data: Mapping[str, object], tools: Tools) -> Approval:
    """What ``[approve]`` asks a person for."""
    table = reading.table(data, "approve", known=KEYS["approve"], example=f"operations = [{_OPERATION}]")
    if table and table.keys().isdisjoint({"operations", "after_untrusted_minutes"}):
        example = f"operations = [{_OPERATION}] or after_untrusted_minutes = 60"
        reading.note(("approve",), missing("operations", example))
    operations = reading.texts(("approve",), table, "operations", example=_OPERATION)
    for path, name in operations:
        if name not in BY_ID:
            reading.note(path, _no_operation(name, tools))
    minutes = reading.number(("approve",), table, "expires_minutes", most=MOST_MINUTES)
    return Approval(
        operations=frozenset(name for _, name in operations),
        expires_minutes=minutes or USUAL_MINUTES,
        ask_client=reading.switch(("approve",), table, "ask_client", usual=True),
        after_untrusted_minutes=reading.number(("approve",), table, "after_untrusted_minutes", most=MOST_MINUTES),
    )
