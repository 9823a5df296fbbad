"""The environments that clients run in: one virtual environment each, and one folder for all of npm's packages.

They stand under ``.clients``, which git ignores, and are made again only when the versions change.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from clients.listed import HERE, Client, Listed

ROOT = HERE.parent
FOLDER = ROOT / ".clients"
NODE = FOLDER / "node"
NODE_BIN = NODE / "node_modules" / "node" / "bin"
_STAMP = ".installed"


def install(listed: Listed) -> None:
    """Make every environment that is not there in these versions."""
    for client in listed.clients:
        if not client.on_node:
            _python(FOLDER / client.name, client.packages)
    _npm(listed.npm)


def command(client: Client) -> list[str]:
    """What runs the client's probe."""
    program, *arguments = client.probe.split()
    runner = NODE_BIN / "node" if client.on_node else FOLDER / client.name / "bin" / "python"
    return [str(runner), str(HERE / "probes" / program), *arguments]


def environment() -> dict[str, str]:
    """The environment variables of a client: with our node first, and a home that is not the user's."""
    home = FOLDER / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {**os.environ, "PATH": f"{NODE_BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(home)}


def _python(folder: Path, packages: tuple[str, ...]) -> None:
    if _has(folder, packages):
        return
    uv = str(Path(sys.executable).parent / "uv")
    _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
    _run([uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), *packages])
    _stamp(folder, packages)


def _npm(packages: tuple[str, ...]) -> None:
    if _has(NODE, packages):
        return
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("make clients needs npm, of any version: the node that the clients run with is installed with it.")
    shutil.rmtree(NODE, ignore_errors=True)
    NODE.mkdir(parents=True)
    versions = {name: version for name, _, version in (package.rpartition("==") for package in packages)}
    manifest = {"private": True, "dependencies": versions}
    (NODE / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
    quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
    _run([npm, "install", "--no-package-lock", "--ignore-scripts", *quiet], cwd=NODE)
    _run([npm, "rebuild", "node", *quiet], cwd=NODE)  # its script installs the program for this system
    _stamp(NODE, packages)


def _run(words: list[str], cwd: Path = ROOT) -> None:
    subprocess.run(words, cwd=cwd, check=True, stdout=subprocess.DEVNULL)


def _has(folder: Path, packages: tuple[str, ...]) -> bool:
    stamp = folder / _STAMP
    return stamp.exists() and stamp.read_text(encoding="utf-8") == "\n".join(packages)


def _stamp(folder: Path, packages: tuple[str, ...]) -> None:
    (folder / _STAMP).write_text("\n".join(packages), encoding="utf-8")
