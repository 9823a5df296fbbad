from pathlib import Path

import pytest

from tests.storage.log_homes import HOMES, LogHome


@pytest.fixture(params=sorted(HOMES))
def home(request: pytest.FixtureRequest, tmp_path: Path) -> LogHome:
    """An empty log in each store in turn."""
    folder = tmp_path / "log"
    folder.mkdir(mode=0o700)
    return HOMES[request.param](folder)
