"""``crashgate reference``: the command tree and the settings as plain values, read off the help and the models."""

import ast
import inspect
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import click

from crashgate.cli import session
from crashgate.cli.command import Command, ExitCode, options, shared
from crashgate.reference.commands import CommandDoc, CommandLine, KeyDoc, TableDoc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

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
    parameters = [each for each in command.params if each.name not in common]
    arguments = [each for each in parameters if isinstance(each, click.Argument)]
    own = [each for each in parameters if isinstance(each, click.Option)]
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


_PREFIX = "CRASHGATE"
_OWN_FOLDER = "the user's own folder"
_BOUNDS = (("ge", "at least {}"), ("gt", "more than {}"), ("le", "at most {}"), ("lt", "less than {}"))


def tables() -> tuple[TableDoc, ...]:
    """Every table of ``crashgate.toml``."""
    from pydantic import BaseModel

    from crashgate.config.settings import ConnectionSettings, Settings

    inner = {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }
    return (
        _table(Settings, "", _PREFIX, without=("connections", *inner)),
        _table(ConnectionSettings, "[connections.NAME]", f"{_PREFIX}_CONNECTIONS__NAME_"),
        *(_table(model, f"[{name}]", f"{_PREFIX}_{name.upper()}_") for name, model in inner.items()),
    )


def _table(model: "type[BaseModel]", header: str, prefix: str, *, without: tuple[str, ...] = ()) -> TableDoc:
    about = _documented(model)
    paragraphs = (model.__doc__ or "").replace("``", "`").split("\n\n")
    keys = (
        KeyDoc(
            name=name,
            about=about.get(name, ""),
            takes=_takes(field),
            default=_default(field),
            variable=f"{prefix}_{name.upper()}",
        )
        for name, field in model.model_fields.items()
        if name not in without
    )
    return TableDoc(header=header, help=tuple(" ".join(each.split()) for each in paragraphs), keys=tuple(keys))


def _documented(model: "type[BaseModel]") -> "Mapping[str, str]":
    """What stands under each field of the class."""
    (tree,) = ast.parse(inspect.getsource(model)).body
    found: dict[str, str] = {}
    for each, after in pairwise(tree.body if isinstance(tree, ast.ClassDef) else ()):
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and isinstance(after, ast.Expr):
            words = ast.literal_eval(after.value)
            found[each.target.id] = " ".join(str(words).replace("``", "`").split())
    return found


def _takes(field: "FieldInfo") -> str:
    kind = _without_none(field.annotation)
    metadata = [*field.metadata, *(each for part in _metadata(field.annotation) for each in part)]
    bounds = [words.format(getattr(each, name)) for each in metadata for name, words in _BOUNDS if hasattr(each, name)]
    return ", ".join((_kind(kind), *bounds))


def _metadata(annotation: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - what typing has for a type
    """What ``Annotated`` adds inside of ``Annotated[int | None, …]``."""
    if hasattr(annotation, "__metadata__"):
        yield annotation.__metadata__


def _without_none(annotation: Any) -> Any:  # noqa: ANN401 - a type, or what typing has for one
    if get_origin(annotation) in {Union, UnionType}:
        return next(each for each in get_args(annotation) if each is not type(None))
    return annotation


def _kind(kind: Any) -> str:  # noqa: ANN401 - a type, or what typing has for one
    if get_origin(kind) is Annotated:
        return _kind(get_args(kind)[0])
    if get_origin(kind) is Literal:
        return f"one of {_listed(get_args(kind))}"
    if get_origin(kind) is dict:
        return f"a table; each value is {_kind(get_args(kind)[1])}"
    if get_origin(kind) is tuple:
        return "a list of texts"
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return f"one of {_listed(tuple(each.value for each in kind if each.value != 'crashgate'))}"
    return {bool: "true or false", int: "a whole number", float: "a number", Path: "a path", str: "text"}[kind]


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _default(field: "FieldInfo") -> str:
    if field.default_factory is dict:
        return "`{}`"
    if field.default_factory is not None:
        return _OWN_FOLDER
    value = field.default
    if value in {None, ""}:
        return "none"
    if isinstance(value, tuple):
        return "`[]`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if isinstance(value, int | float) else f'`"{value}"`'


_SHOWN = 20
_REMEDY = "crashgate reference --write"


@click.command("reference", cls=Command)
@click.option("--check", is_flag=True, help="Compare with the pages and show what differs.")
@click.option("--write", is_flag=True, help="Write the pages.")
@click.option(
    "--folder", type=click.Path(path_type=Path), help="The pages' folder; otherwise docs/reference of the checkout."
)
def reference(*, check: bool, write: bool, folder: Path | None) -> None:
    """Print the reference in Markdown, one page after the other.

    It covers commands, exit codes, settings, the words of a policy, the decision log, tools and operations. Each tool
    is called in the sandbox for an example, which takes some seconds. With --json it prints a list of the operations:
    id, provider, resource, access, method, path, tool.

    With --check it exits with 1 if a page is not current.
    """
    from crashgate.reference import operations
    from crashgate.tools.own import load_catalogue

    if check and write:
        raise click.UsageError("Give either --check or --write.")
    if check:
        _check(folder or session.reference_folder())
    elif write:
        _write(folder or session.reference_folder())
    elif shared().json:
        session.screen().data(operations.as_data(load_catalogue()))
    else:
        session.screen().raw("\n".join(_pages().values()))


def _pages() -> "Mapping[str, str]":
    from crashgate.cli.reference_answers import collect_answers
    from crashgate.reference.pages import pages
    from crashgate.tools.own import load_catalogue

    catalogue = load_catalogue()
    line = command_line(click.get_current_context().find_root().command)
    return pages(line, tables(), catalogue, collect_answers(catalogue))


def _check(folder: Path) -> None:
    diff = list(_differences(folder, _pages()))
    screen = session.screen()
    if screen.json:
        screen.data({"current": not diff, "folder": str(folder), "diff": diff, "remedy": _REMEDY if diff else None})
    elif diff:
        for line in diff[:_SHOWN]:
            screen.say(line)
        if len(diff) > _SHOWN:
            screen.say(f"... and {len(diff) - _SHOWN} lines more")
        screen.say(f"{folder} is not current. Update it with: {_REMEDY}", style="bold red")
    else:
        screen.say(f"{folder} is current.")
    click.get_current_context().exit(ExitCode.NO if diff else ExitCode.OK)


def _differences(folder: Path, pages: "Mapping[str, str]") -> Iterator[str]:
    """The lines of a diff between the files and the pages, as ``diff -u0`` prints them."""
    files = {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.md"))}
    for name in sorted({*files, *pages}):
        written, current = files.get(name, "").splitlines(), pages.get(name, "").splitlines()
        yield from unified_diff(written, current, f"{name} (written)", f"{name} (current)", n=0, lineterm="")


def _write(folder: Path) -> None:
    from crashgate.errors import ConfigurationError

    pages = _pages()
    try:
        folder.mkdir(exist_ok=True)
        for file in folder.glob("*.md"):
            if file.name not in pages:
                file.unlink()
        for name, text in pages.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise ConfigurationError(f"{folder} cannot be written.", why=f"{problem.strerror}.") from problem
    screen = session.screen()
    if screen.json:
        screen.data({"written": [str(folder / name) for name in pages]})
    else:
        screen.say(f"Wrote {len(pages)} pages to {folder}.")
