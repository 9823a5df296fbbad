"""How tests call the command line: in this process, or as the installed command."""

import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from click.testing import CliRunner, Result

from crashgate.cli.main import cli

COMMAND = str(Path(sys.executable).parent / "crashgate")
"""The script that the package installs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


class Shell:
    """Runs commands with one state folder."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def __call__(self, *words: str, state: bool = True) -> Told:
        """Run a command in this process."""
        given = ["--state", str(self.state)] if state else []
        result: Result = CliRunner().invoke(cli, [*given, *words], prog_name="crashgate")
        return Told(code=result.exit_code, out=result.stdout, err=result.stderr)


def commands() -> Iterator[tuple[tuple[str, ...], click.Command, click.Context]]:
    """Every command of the tree with the words that lead to it, groups and the top included."""
    yield from _below((), cli, click.Context(cli, info_name="crashgate"))


def _below(
    path: tuple[str, ...], command: click.Command, context: click.Context
) -> Iterator[tuple[tuple[str, ...], click.Command, click.Context]]:
    yield path, command, context
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from _below((*path, name), below, click.Context(below, info_name=name, parent=context))


def leaves() -> list[tuple[str, ...]]:
    """The words of every command that does something."""
    return [path for path, command, _ in commands() if not isinstance(command, click.Group)]


def run(*words: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None) -> Told:
    """Run the installed command to its end, with pipes."""
    done = subprocess.run([COMMAND, *words], input=stdin, capture_output=True, check=False, env=environment, timeout=60)
    return Told(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


@contextmanager
def started(
    words: Sequence[str], *, environment: Mapping[str, str] | None = None
) -> Generator[subprocess.Popen[bytes]]:
    """The installed command while it runs, with pipes; killed at the end if it still does."""
    pipe = subprocess.PIPE
    process = subprocess.Popen([COMMAND, *words], stdin=pipe, stdout=pipe, stderr=pipe, env=environment)
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def line(process: subprocess.Popen[bytes], *, err: bool = False) -> str:
    """The next line that it prints."""
    stream = process.stderr if err else process.stdout
    assert stream is not None
    return stream.readline().decode().rstrip("\n")
