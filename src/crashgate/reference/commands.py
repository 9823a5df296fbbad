"""The commands, as the command line describes itself. Rule: plain values; the command line itself is floors above."""

from collections.abc import Sequence
from dataclasses import dataclass

from crashgate.reference.markdown import code, paragraphs, table


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


def section(line: CommandLine) -> str:
    """The chapter about the command line."""
    return paragraphs(
        "## Commands",
        "These options go before or after the name of every command:",
        _pairs("option", line.shared),
        *map(_command, line.commands),
        "### Exit codes",
        "A code means the same for every command, but for `policy diff`, whose 2 says that something widens."
        " With `--json` an error is one JSON object on stderr:"
        ' `{"error": {"code", "what", "why", "remedy"}}`.',
        table(("code", "meaning"), [(str(number), meaning) for number, meaning in line.exit_codes]),
    )


def _command(command: CommandDoc) -> str:
    return paragraphs(
        f"### {code(command.name)}",
        code(command.usage),
        *command.help,
        _pairs("argument", command.arguments),
        _pairs("option", command.options),
    )


def _pairs(kind: str, pairs: Sequence[tuple[str, str]]) -> str:
    return table((kind, "meaning"), [(code(name), meaning) for name, meaning in pairs]) if pairs else ""
