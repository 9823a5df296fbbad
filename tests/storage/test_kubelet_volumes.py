"""Volumes as a kubelet mounts ConfigMaps and Secrets: root's, read-only, of mode 0777, with links to a hidden folder.

A real mount, which only root can make; without it these tests skip.
"""

import os
from pathlib import Path

import pytest

from crashgate.config.connections import read_token_file
from crashgate.errors import ConfigurationError
from crashgate.model.scope import PROJECT
from crashgate.policy.policy import Vocabulary
from crashgate.storage.policy_files import PolicyFiles
from tests.catalogue import CATALOGUE
from tests.small_disk import make_read_only

VOCABULARY = Vocabulary(catalogue=CATALOGUE, connections={"bugsnag": {"error": PROJECT}})
TEMPLATE = '[[grant]]\nconnection = "bugsnag"\nprojects = ["a"]\naccess.error = "read"\n'
DOCUMENT = 'agent = "one"\nextends = "templates/shared"\nabout = "One."\nowner = "owner@example.com"\n'
FILES = {"one.toml": DOCUMENT, "templates/shared.toml": TEMPLATE, "token": "invented-token"}


def project_volume(folder: Path) -> None:
    """Write the files as a kubelet does."""
    data = folder / "..2026_11_20_15_30_00.123456789"
    for name, text in FILES.items():
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o444)
    (folder / "..data").symlink_to(data.name)
    for name in {each.split("/")[0] for each in FILES}:
        (folder / name).symlink_to(f"..data/{name}")
    for each in (folder, data, data / "templates"):
        each.chmod(0o777)


def read_policies(folder: Path) -> list[str]:
    return list(PolicyFiles(folder=folder, vocabulary=VOCABULARY).load())


def test_policies_with_templates_and_a_token_are_taken_from_a_read_only_volume(small_disk: Path) -> None:
    project_volume(small_disk)
    make_read_only(small_disk)

    assert read_policies(small_disk) == ["one"]
    assert read_token_file("bugsnag", small_disk / "token") == FILES["token"]


@pytest.mark.ablation("what others may write to by its mode is taken only from a read-only mount of root's")
@pytest.mark.threats(30, 32)
def test_the_same_is_refused_where_somebody_could_write(small_disk: Path) -> None:
    project_volume(small_disk)

    with pytest.raises(ConfigurationError, match="everybody may write"):
        read_policies(small_disk)
    with pytest.raises(ConfigurationError, match="open to other users"):
        read_token_file("bugsnag", small_disk / "token")


@pytest.mark.threats(30, 32)
def test_the_same_is_refused_where_it_is_not_roots(small_disk: Path) -> None:
    project_volume(small_disk)
    os.chown(small_disk, 1_000, 1_000)
    make_read_only(small_disk)

    with pytest.raises(ConfigurationError, match="policy folder"):
        read_policies(small_disk)
