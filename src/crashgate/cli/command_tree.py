"""The command tree as plain values for the reference page. Rule: read off the commands' own help."""

from collections.abc import Iterator, Sequence

import click

from crashgate.cli.exit_codes import ExitCode
from crashgate.cli.shared import options
from crashgate.reference.commands import CommandDoc, CommandLine

Pair = tuple[str, str]


def command_line(root: click.Command) -> CommandLine:
    """Every command below ``root`` in the order in which its help lists them."""
    context = click.Context(root, info_name="crashgate")
    return CommandLine(
        commands=tuple(_walk(root, context)),
        shared=tuple(_records(options(), context)),
        exit_codes=tuple((code.value, code.meaning) for code in ExitCode),
    )


def _walk(command: click.Command, context: click.Context) -> Iterator[CommandDoc]:
    if not isinstance(command, click.Group):
        yield _described(command, context)
        return
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        if below is not None:
            yield from _walk(below, click.Context(below, info_name=name, parent=context))


def _described(command: click.Command, context: click.Context) -> CommandDoc:
    common = {option.name for option in options()}
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    own = [each for each in command.params if isinstance(each, click.Option) and each.name not in common]
    return CommandDoc(
        name=context.command_path,
        usage=" ".join((context.command_path, *command.collect_usage_pieces(context))),
        help=tuple(" ".join(part.split()) for part in (command.help or "").replace("\b", "").split("\n\n")),
        arguments=tuple(_records(arguments, context)),
        options=tuple(_records(own, context)),
    )


def _records(found: Sequence[click.Parameter], context: click.Context) -> Iterator[Pair]:
    for parameter in found:
        record = parameter.get_help_record(context)
        if record is not None:
            yield record
