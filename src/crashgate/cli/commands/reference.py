"""``crashgate reference``. Rule: the page in docs is what the code says, or the check fails."""

from difflib import unified_diff
from pathlib import Path

import click

from crashgate.cli import session
from crashgate.cli.exit_codes import ExitCode
from crashgate.cli.shared import Command, shared

_SHOWN = 20
_MEND = "crashgate reference --write"


@click.command("reference", cls=Command)
@click.option("--check", is_flag=True, help="Compare with the page and say what differs.")
@click.option("--write", is_flag=True, help="Write the page.")
@click.option("--file", type=click.Path(path_type=Path), help="The page; otherwise docs/reference.md of the checkout.")
def reference(*, check: bool, write: bool, file: Path | None) -> None:
    """Print the reference pages in Markdown.

    They tell of commands, exit codes, settings, words of a policy, tools and operations. With --json it is a list of
    the operations: id, provider, resource, access, method, path, tool.

    With --check it exits with 1 when the page is not current.
    """
    from crashgate.reference import operations

    if check and write:
        raise click.UsageError("Give either --check or --write.")
    if check:
        _check(file or _usual())
    elif write:
        _write(file or _usual())
    elif shared().json:
        session.screen().data(operations.as_data())
    else:
        session.screen().raw(_page())


def _usual() -> Path:
    from crashgate.cli.checkout import reference_page

    return reference_page()


def _page() -> str:
    from crashgate.cli.command_tree import command_line
    from crashgate.cli.described_settings import tables
    from crashgate.reference.page import page

    return page(command_line(click.get_current_context().find_root().command), tables())


def _check(file: Path) -> None:
    written = file.read_text(encoding="utf-8") if file.is_file() else ""
    diff = list(unified_diff(written.splitlines(), _page().splitlines(), "written", "current", n=0, lineterm=""))
    screen = session.screen()
    if screen.json:
        screen.data({"current": not diff, "file": str(file), "diff": diff, "mend": _MEND if diff else None})
    elif diff:
        for line in diff[:_SHOWN]:
            screen.say(line)
        if len(diff) > _SHOWN:
            screen.say(f"... and {len(diff) - _SHOWN} lines more")
        screen.say(f"{file} is not current. Write it anew with: {_MEND}", style="bold red")
    else:
        screen.say(f"{file} is current.")
    click.get_current_context().exit(ExitCode.NO if diff else ExitCode.OK)


def _write(file: Path) -> None:
    from crashgate.errors import ConfigurationError

    try:
        file.write_text(_page(), encoding="utf-8")
    except OSError as problem:
        raise ConfigurationError(f"{file} cannot be written.", why=f"{problem.strerror}.") from problem
    screen = session.screen()
    if screen.json:
        screen.data({"written": str(file)})
    else:
        screen.say(f"Wrote {file}.")
