"""Which providers are imported: those of the connections, and none where no connection is needed."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crashgate.errors import ConfigurationError
from crashgate.model.provider import EnvironmentVariables
from crashgate.providers.installed import load_provider
from tests.catalogue import PROVIDERS, UPSTREAMS

_LOADED = """
folders = {name.split(".")[2] for name in sys.modules if name.startswith(OURS)}
print(json.dumps(sorted(folders - {"installed"})))
"""


def _loaded(tmp_path: Path, code: str, **environment: str) -> Any:  # noqa: ANN401 - JSON
    """The folders of our providers that a fresh interpreter imported for ``code``."""
    script = f"import json, sys\nOURS = 'crashgate.providers.'\n{code}\n{_LOADED}"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", **environment},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout.splitlines()[-1])


_COMMAND = """
import contextlib, io
from crashgate.cli.main import main
sys.argv = ["crashgate", *{arguments!r}]
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
"""


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["serve", "--help"], ["providers"], ["log", "verify"], ["token", "list"]]
)
def test_a_command_that_needs_no_provider_imports_none(tmp_path: Path, arguments: list[str]) -> None:
    assert _loaded(tmp_path, _COMMAND.format(arguments=arguments)) == []


_VOCABULARY = """
import os
from pathlib import Path
from crashgate.config import wiring
from crashgate.config.settings import load
file = Path("crashgate.toml")
config = file if file.exists() else None
wiring.vocabulary(load(config=config, options={}, environment=os.environ, here=Path.cwd()))
"""


def test_only_the_providers_that_the_configuration_names_are_imported(tmp_path: Path) -> None:
    toml = '[connections.app]\nprovider = "bugspulse"\nbase_url = "https://pulse.example.com"\ntoken_env = "PULSE"\n'
    (tmp_path / "crashgate.toml").write_text(toml, encoding="utf-8")

    assert _loaded(tmp_path, _VOCABULARY, BUGSNAG_AUTH_TOKEN="x") == ["bugspulse"]


def test_without_a_file_only_a_provider_whose_variables_are_set_is_imported(tmp_path: Path) -> None:
    assert _loaded(tmp_path, _VOCABULARY, BUGSNAG_AUTH_TOKEN="x", DEVREV_OTHER="x") == ["bugsnag", "devrev"]


def test_a_provider_s_variables_start_with_its_name() -> None:
    with pytest.raises(ValueError, match="the variable TOKEN of devrev must start with DEVREV_"):
        replace(PROVIDERS["devrev"], variables=EnvironmentVariables(token="TOKEN", url="DEVREV_URL"))


def test_a_provider_that_is_not_installed_is_missed_only_where_it_is_needed() -> None:
    with pytest.raises(ConfigurationError, match="The provider sentry is not installed") as caught:
        load_provider("sentry")
    assert caught.value.why == f"No installed package provides it; there are {', '.join(sorted(UPSTREAMS))}."
