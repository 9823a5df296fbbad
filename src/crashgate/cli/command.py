"""What every command shares: its exit codes, and the options that it takes before or after its name.

An exit code means the same for every command, except for ``policy diff``: its 2 says that something widens, and a wrong
call of it exits with 3. Of an option that is given twice, the later one wins.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import IntEnum, unique
from pathlib import Path
from typing import Any

import click

from crashgate.errors import Code


@unique
class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    NO = 1
    USAGE = 2
    CONFIGURATION = 3
    LOG = 4
    UPSTREAM = 5
    DEPENDS = 6
    EXPORT = 7
    DEFECT = 70
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def meaning(self) -> str:
        """For the help and the reference pages."""
        return _MEANINGS[self]


_MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.OK: "Success, or the answer is yes.",
    ExitCode.NO: "The answer is no: a call is denied, a page is not current, the demo failed.",
    ExitCode.USAGE: "An argument is wrong. For `policy diff`: something widens.",
    ExitCode.CONFIGURATION: "The configuration or a policy cannot be used. For `policy diff`, also a wrong argument.",
    ExitCode.LOG: "The decision log cannot be read or written, or it is not sound.",
    ExitCode.UPSTREAM: "An upstream gave no usable answer.",
    ExitCode.DEPENDS: "The answer depends on a place that is not named.",
    ExitCode.EXPORT: "An export cannot be stored or continued. The part that arrived is kept.",
    ExitCode.DEFECT: "A defect in crashgate itself.",
    ExitCode.INTERRUPTED: "Interrupted with Ctrl-C.",
    ExitCode.TERMINATED: "Stopped by SIGTERM.",
}

_OF_ERRORS: Mapping[Code, ExitCode] = {
    Code.INVALID_ARGUMENTS: ExitCode.USAGE,
    Code.NOT_AVAILABLE: ExitCode.NO,
    Code.CONFIGURATION: ExitCode.CONFIGURATION,
    Code.POLICY: ExitCode.CONFIGURATION,
    Code.LOG_UNAVAILABLE: ExitCode.LOG,
    Code.LOG_DAMAGED: ExitCode.LOG,
    Code.INTERNAL: ExitCode.DEFECT,
    Code.RATE_LIMITED: ExitCode.NO,
    Code.TOO_MANY_ROWS: ExitCode.NO,
    Code.APPROVAL_REQUIRED: ExitCode.NO,
    Code.APPROVAL_REJECTED: ExitCode.NO,
    Code.POLICY_CHANGED: ExitCode.NO,
    Code.STATE_UNAVAILABLE: ExitCode.LOG,
    Code.TOKEN_REVOKED: ExitCode.NO,
    Code.EXPORT_FAILED: ExitCode.EXPORT,
    Code.UPSTREAM_REJECTED: ExitCode.UPSTREAM,
    Code.UPSTREAM_CREDENTIAL: ExitCode.UPSTREAM,
    Code.UPSTREAM_FORBIDDEN: ExitCode.UPSTREAM,
    Code.UPSTREAM_TOO_DEEP: ExitCode.UPSTREAM,
    Code.UPSTREAM_RATE_LIMITED: ExitCode.UPSTREAM,
    Code.UPSTREAM_UNAVAILABLE: ExitCode.UPSTREAM,
    Code.UPSTREAM_TIMEOUT: ExitCode.UPSTREAM,
    Code.UPSTREAM_MALFORMED: ExitCode.UPSTREAM,
}
if set(_OF_ERRORS) != set(Code):
    raise ValueError("an error has no exit code")


def exit_code(code: Code) -> ExitCode:
    """The exit code for an error."""
    return _OF_ERRORS[code]


_KEY = "crashgate.shared"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shared:
    """What was given of the shared options; paths as they were written."""

    config: Path | None = None
    policies: Path | None = None
    state: Path | None = None
    json: bool = False

    @property
    def settings(self) -> Mapping[str, Any]:
        """The part of it that is a setting."""
        found = {"policies": self.policies, "state": self.state}
        return {name: path for name, path in found.items() if path is not None}

    @property
    def flags(self) -> str:
        """The paths as a shell takes them again, each with a space before it."""
        found = {"config": self.config, "policies": self.policies, "state": self.state}
        return "".join(f" --{name} {shlex.quote(str(path))}" for name, path in found.items() if path is not None)


def shared(context: click.Context | None = None) -> Shared:
    """What was given for the command that runs."""
    meta = (context or click.get_current_context()).meta
    found: Shared = meta.get(_KEY, Shared())
    return found


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:  # noqa: ANN401 - click's own type
    if value and parameter.name:
        context.meta[_KEY] = replace(shared(context), **{parameter.name: value})


def options() -> list[click.Option]:
    """New options for one command."""
    path = click.Path(path_type=Path)
    kept: dict[str, Any] = {"expose_value": False, "callback": _keep}
    return [
        click.Option(
            ["--config"],
            type=path,
            help="The crashgate.toml to read. Default: the one in your configuration folder.",
            **kept,
        ),
        click.Option(
            ["--policies"],
            type=path,
            help="The folder of policy documents. Default: policies, beside crashgate.toml.",
            **kept,
        ),
        click.Option(["--state"], type=path, help="The folder for the decision log and the tokens.", **kept),
        click.Option(["--json", "json"], is_flag=True, help="Print JSON, also for errors.", **kept),
    ]


_NAMES = frozenset(field.name for field in fields(Shared))


def _format(command: click.Command, context: click.Context, formatter: click.HelpFormatter) -> None:
    """The command's own options, and the shared ones apart; click itself shows the arguments."""
    sections: dict[str, list[tuple[str, str]]] = {"Options": [], "Shared options": []}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record is not None:
            sections["Shared options" if parameter.name in _NAMES else "Options"].append(record)
    for title, records in sections.items():
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


class Command(click.Command):
    """A command that takes the shared options."""

    def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*args, **more)
        self.params.extend(options())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The command's own options and the shared ones, in two sections."""
        _format(self, ctx, formatter)


class Group(click.Group):
    """A group of commands that takes the shared options."""

    def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*args, **more)
        self.params.extend(options())

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they were added."""
        del ctx
        return list(self.commands)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, then the options."""
        self.format_commands(ctx, formatter)
        _format(self, ctx, formatter)
