"""The pages about clients say what ``crashgate install`` writes."""

import json
import os
import re
import tomllib
from pathlib import Path

import pytest

from crashgate.clients.edit import find_entry
from crashgate.clients.formats import CLIENTS, Client
from tests.project.connect_pages import FACTS, FOLDER, pages

BLOCK = re.compile(r"^```(json|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EACH = pytest.mark.parametrize("client", CLIENTS.values(), ids=list(CLIENTS))


def test_the_pages_are_the_ones_that_the_code_writes(root: Path) -> None:
    folder = root / FOLDER
    if os.environ.get("CRASHGATE_SNAPSHOTS") == "write":
        folder.mkdir(exist_ok=True)
        for name, text in pages().items():
            (folder / name).write_text(text, encoding="utf-8")

    assert {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()} == dict(pages())


def test_every_client_has_its_facts() -> None:
    assert set(FACTS) == set(CLIENTS)


@EACH
def test_each_block_of_a_page_is_a_file_of_the_client_with_the_entry(client: Client) -> None:
    blocks = BLOCK.findall(pages()[f"{client.name}.md"])

    assert len(blocks) == (2 if client.http else 1)
    for kind, text in blocks:
        assert (tomllib.loads if kind == "toml" else json.loads)(text)
        entry = find_entry(client, text, "crashgate")
        assert "Bearer sk" not in text
        assert set(entry) & {"command", "url", "httpUrl", "serverUrl"}
