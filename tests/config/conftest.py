"""Settings are loaded in a folder of their own, as a user of their own."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crashgate.config.settings import Settings, load, user_folder

Load = Callable[..., Settings]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    found = tmp_path / "here"
    found.mkdir()
    return found


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's configuration folder, far from the machine's own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home" / "state"))
    found = user_folder()
    found.mkdir(parents=True)
    return found


@pytest.fixture
def loaded(here: Path, users: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load settings in ``here`` with these variables and no others, and this text as the user's own file."""
    for name in [name for name in os.environ if name.startswith("CRASHGATE_")]:
        monkeypatch.delenv(name)

    def settings(
        toml: str | None = None,
        *,
        config: Path | None = None,
        options: dict[str, Any] | None = None,
        **environment: str,
    ) -> Settings:
        if toml is not None:
            (users / "crashgate.toml").write_text(toml, encoding="utf-8")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return load(config=config, options=options or {}, environment=environment, here=here)

    return settings
