"""What every test may use. Rule: nothing of one floor stands here; it belongs in that floor's folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.small_disk import mounted

ROOT = Path(__file__).resolve().parent.parent

# HYPOTHESIS_PROFILE chooses one. "fast" (`make test-fast`) and "quick" (`make test`) are the same on every run, so that
# neither fails by chance; "nightly" and "thorough" search anew. None judges time: a slow machine is not a defect.
for _name, _examples in {"fast": 10, "quick": 50, "nightly": 300, "thorough": 2000}.items():
    settings.register_profile(
        _name,
        max_examples=_examples,
        derandomize=_examples <= 50,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The top folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def contracts() -> Path:
    """The folder with recordings and the vendors' own documents, which are not part of the project.

    CRASHGATE_CONTRACTS names it, ../shared/contracts otherwise. A test that needs it skips where it is absent, and
    fails in CI.
    """
    folder = Path(os.environ.get("CRASHGATE_CONTRACTS") or ROOT.parent / "shared" / "contracts")
    if folder.is_dir():
        return folder
    reason = f"there is no folder {folder}; CRASHGATE_CONTRACTS says where the upstream contracts are"
    if os.environ.get("CI"):
        pytest.fail(f"CI must have the upstream contracts: {reason}")
    pytest.skip(reason)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    with mounted(tmp_path / "disk") as folder:
        yield folder
