"""What a command starts from: its screen and its settings. Rule: settings are read when a command asks for them."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crashgate.cli.screen import Screen
from crashgate.cli.shared import shared

if TYPE_CHECKING:
    from crashgate.settings import Settings


def screen() -> Screen:
    """stdout, as this command should use it."""
    return Screen(as_json=shared().json)


def settings(more: Mapping[str, Any] | None = None) -> "Settings":
    """The settings in force, with ``more`` from the command's own options. Raises ConfigurationError."""
    from crashgate.settings import load

    given = shared()
    options = {**given.settings, **(more or {})}
    return load(config=given.config, options=options, environment=os.environ, here=Path.cwd())
