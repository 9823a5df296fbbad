"""The pages about the commands and the settings, from plain values: the command line itself is a layer above."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crashgate.reference.markdown import code, paragraphs, table

if TYPE_CHECKING:
    from crashgate.model.catalogue import Catalogue


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandDoc:
    """One command: ``usage`` is the whole line, ``help`` its paragraphs, the others pairs of a name and its meaning."""

    name: str
    usage: str
    help: tuple[str, ...]
    arguments: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandLine:
    """All commands, the options that each of them takes, and the exit codes with their meanings."""

    commands: tuple[CommandDoc, ...]
    shared: tuple[tuple[str, str], ...]
    exit_codes: tuple[tuple[int, str], ...]


def commands_section(line: CommandLine) -> str:
    """The page about the command line."""
    return paragraphs(
        "These options go before or after the name of every command:",
        _pairs("option", line.shared),
        *map(_command, line.commands),
        "## Exit codes",
        "They mean the same for every command, with one exception: 2 from `policy diff` says that something widens."
        " With `--json`, an error is one JSON object on stderr:"
        ' `{"error": {"code", "what", "why", "remedy"}}`.',
        table(("code", "meaning"), [(str(number), meaning) for number, meaning in line.exit_codes]),
    )


def _command(command: CommandDoc) -> str:
    return paragraphs(
        f"## {code(command.name)}",
        code(command.usage),
        *command.help,
        _pairs("argument", command.arguments),
        _pairs("option", command.options),
    )


def _pairs(kind: str, pairs: Sequence[tuple[str, str]]) -> str:
    return table((kind, "meaning"), [(code(name), meaning) for name, meaning in pairs]) if pairs else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyDoc:
    """One key. ``takes`` is the form of its value, ``default`` as TOML or in words; ``variable`` may be set instead."""

    name: str
    about: str
    takes: str
    default: str
    variable: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TableDoc:
    """One table of the file, in the words of ``help``; ``header`` is empty for the keys at its top."""

    header: str
    help: tuple[str, ...]
    keys: tuple[KeyDoc, ...]


def settings_section(tables: tuple[TableDoc, ...], catalogue: "Catalogue") -> str:
    """The page about the configuration."""
    return paragraphs(
        "A setting is taken from the command line, or else from its environment variable, or else from"
        " `crashgate.toml`, or else it has its default. `CRASHGATE_CONFIG` names the file, as `--config` does."
        f" If no connection is configured, a vendor's own variables make one: {_variables(catalogue)}.",
        *map(_settings_table, tables),
    )


def _variables(catalogue: "Catalogue") -> str:
    """For each provider that has some, what its variables make."""
    told = [
        f"{code(each.variables.token)} one called {code(name)}, at {code(each.variables.url)} where that is set"
        for name, each in catalogue.providers.items()
        if each.variables is not None
    ]
    return "; ".join(told)


def _settings_table(each: TableDoc) -> str:
    return paragraphs(
        f"## {code(each.header) if each.header else 'At the top'}",
        *each.help,
        table(
            ("key", "meaning", "takes", "default", "variable"),
            [(code(key.name), key.about, key.takes, key.default, code(key.variable)) for key in each.keys],
        ),
    )
