"""How this crashgate is started again: by a client, which knows no PATH of ours, and by a person at a shell."""

import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

_UVX = ("uvx", "crashgate")
_UV_FOLDERS = ("archive-v", "environments-v")
"""Folders of uv's cache, in which `uvx` makes its environments. They come and go, so no path may lead there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """A command with its first arguments."""

    command: str
    args: tuple[str, ...] = ()


def find_launch(*, prefix: str = sys.prefix, executable: str = sys.executable) -> Launch:
    """The absolute path of the installed command, or ``uvx crashgate`` where it runs from there.

    ``prefix`` and ``executable`` are those of the running Python.
    """
    if any(part.startswith(_UV_FOLDERS) for part in Path(prefix).parts):
        return Launch(command=_UVX[0], args=_UVX[1:])
    script = _script(executable)
    if script is not None:
        return Launch(command=str(script))
    return Launch(command=str(Path(executable).absolute()), args=("-m", "crashgate"))


def shell_command() -> str:
    """What a person types for this crashgate, in the folder where they are: one word if PATH or the folder has it."""
    launch = find_launch()
    if launch.args:
        return shlex.join((launch.command, *launch.args))
    script = Path(launch.command)
    on_path = shutil.which("crashgate")
    if on_path is not None and Path(on_path).resolve() == script.resolve():
        return "crashgate"
    here = Path.cwd()
    return shlex.quote(os.fspath(script.relative_to(here) if script.is_relative_to(here) else script))


def _script(executable: str) -> Path | None:
    """The command beside the running Python; not resolved, for a virtual environment's Python is a link out of it."""
    folder = Path(executable).absolute().parent
    names = ("crashgate", "crashgate.exe")
    return next((path for name in names if (path := folder / name).is_file()), None)
