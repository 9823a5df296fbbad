"""What a command starts from: its screen and its settings. Rule: settings are read when a command asks for them."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crashgate.cli.screen import Screen, note
from crashgate.cli.shared import shared

if TYPE_CHECKING:
    from crashgate.settings import Settings

_TOLD = "crashgate.told"


def screen() -> Screen:
    """stdout, as this command should use it."""
    return Screen(as_json=shared().json)


def settings(more: Mapping[str, Any] | None = None) -> "Settings":
    """The settings in force, with ``more`` from the command's own options. Raises ConfigurationError."""
    from crashgate.settings import load, passed_over

    given = shared()
    options = {**given.settings, **(more or {})}
    here, meta = Path.cwd(), click.get_current_context().meta
    unused = passed_over(config=given.config, environment=os.environ, here=here)
    if unused is not None and not meta.setdefault(_TOLD, False):
        meta[_TOLD] = True
        note(f"{unused} is not used, because it was not named. If it is yours: --config {shlex.quote(str(unused))}")
    return load(config=given.config, options=options, environment=os.environ, here=here)
