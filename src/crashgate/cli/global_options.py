"""The options that every command takes, before or after its name. Rule: read in one place; the later one wins."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import click

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
            help="The crashgate.toml to read; otherwise that of your configuration folder.",
            **kept,
        ),
        click.Option(
            ["--policies"],
            type=path,
            help="The folder with the policy documents; otherwise `policies` beside crashgate.toml.",
            **kept,
        ),
        click.Option(["--state"], type=path, help="The folder for the decision log and the tokens.", **kept),
        click.Option(["--json", "json"], is_flag=True, help="Print JSON, errors too.", **kept),
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
        """Own and shared options in two sections."""
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
