import re
from pathlib import Path

import pytest

from clients.listed import Listed, read

EXACT = re.compile(r"(@?[a-z0-9./\[\]-]+)==(\d+(\.\d+)+)")


@pytest.fixture
def listed() -> Listed:
    return read()


def test_every_client_is_installed_in_one_exact_version(listed: Listed) -> None:
    packages = [*listed.npm, *(package for client in listed.clients for package in client.packages)]

    assert [package for package in packages if not EXACT.fullmatch(package)] == []


def test_the_page_of_clients_has_the_versions_that_are_run(root: Path, listed: Listed) -> None:
    page = (root / "docs" / "clients.md").read_text(encoding="utf-8")
    run = [*(client.packages[0] for client in listed.clients), *listed.suite.packages]

    assert [package for package in run if package.replace("==", " ") not in page] == []
