"""Where the files beside the code are. Rule: in a checkout they are at its top, in an installed package inside it.

What a command starts from: its screen and its settings. Rule: settings are read when a command asks for them.
"""

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import crashgate
from crashgate.cli.global_options import shared
from crashgate.cli.output import Screen, note
from crashgate.errors import ConfigurationError

if TYPE_CHECKING:
    from crashgate.config.settings import Settings

_PACKAGE = Path(crashgate.__file__).resolve().parent
_TOP = _PACKAGE.parent.parent


def example_policies() -> Path:
    """The folder with the example policies. Raises ConfigurationError where a package came without them."""
    for folder in (_PACKAGE / "example_policies", _TOP / "policies"):
        if folder.is_dir():
            return folder
    raise ConfigurationError(
        "The example policies are not there.",
        why=f"Neither {_PACKAGE} nor {_TOP} holds them.",
        remedy="Install crashgate again, or name a folder with --policies.",
    )


def copy_example_policies(folder: Path, *, every_provider: bool = False) -> Path:
    """Copy them into a folder that only we may write to: in a checkout others often may, and then they are refused.

    Those of agents over sessions name connections to ``every_provider``, which the sandbox has.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    source = example_policies()
    for example in sorted([*source.glob("*.toml"), *(source.glob("sessions/*.toml") if every_provider else ())]):
        _copy(example, folder)
    for template in sorted(source.glob("templates/*.toml")):
        (folder / "templates").mkdir(mode=0o700, exist_ok=True)
        _copy(template, folder / "templates")
    return folder


def _copy(document: Path, folder: Path) -> None:
    copy = folder / document.name
    shutil.copyfile(document, copy)
    copy.chmod(0o600)


PRESETS = ("read-only", "triage")
"""Shipped policies, each for an agent of its own name."""


def preset_policies(folder: Path) -> Path:
    """Copy the shipped policies of ``serve --preset`` into a folder that only we may write to."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in PRESETS:
        _copy(example_policies() / "presets" / f"{name}.toml", folder)
    return folder


def reference_page() -> Path:
    """The generated page of this checkout. Raises ConfigurationError for an installed package, which has none."""
    page = _TOP / "docs" / "reference.md"
    if not (_TOP / "pyproject.toml").is_file():
        raise ConfigurationError(
            "There is no reference page to compare with.",
            why="This crashgate is an installed package, and the page belongs to a checkout.",
            remedy="Name the page with --file.",
        )
    return page


_EXAMPLES = "example-policies"
_TOLD = "crashgate.told"
_EXAMPLES_TOLD = "crashgate.examples"


def screen() -> Screen:
    """stdout, as this command should use it."""
    return Screen(as_json=shared().json)


def settings(more: Mapping[str, Any] | None = None, *, in_sandbox: bool = False) -> "Settings":
    """The settings in force, with ``more`` from the command's own options. Raises ConfigurationError.

    With a sandbox, the example policies stand in for a policy folder that nobody has made or named yet.
    """
    from crashgate.config.settings import POLICIES, load, passed_over, user_folder

    given = shared()
    options = {**given.settings, **(more or {})}
    here, meta = Path.cwd(), click.get_current_context().meta
    unused = passed_over(config=given.config, environment=os.environ, here=here)
    if unused is not None and not meta.setdefault(_TOLD, False):
        meta[_TOLD] = True
        note(f"{unused} is not used, because it was not named. If it is yours: --config {shlex.quote(str(unused))}")
    found = load(config=given.config, options=options, environment=os.environ, here=here)
    if not in_sandbox or found.policies != user_folder() / POLICIES or found.policies.exists():
        return found
    examples = copy_example_policies(found.state / _EXAMPLES, every_provider=True)
    if not meta.setdefault(_EXAMPLES_TOLD, False):
        meta[_EXAMPLES_TOLD] = True
        note(f"There is no folder {found.policies}; copies of the examples are used: {examples}")
    return found.model_copy(update={"policies": examples})
