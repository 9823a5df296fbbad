"""The sandbox that most tests of this folder speak to, and the vendor's documents."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.browserstack.document import Document, load
from tests.sandbox.browserstack.harness import Evals, Start, start_evals


@pytest.fixture
def start_other() -> Start:
    """Start a sandbox that differs from the usual one."""
    return start_evals


@pytest.fixture
async def evals() -> AsyncIterator[Evals]:
    """The usual one: as a self-hosted server of today."""
    async with start_evals() as started:
        yield started


@pytest.fixture
def langfuse(contracts: Path) -> Document:
    """Langfuse's own document."""
    return load(contracts / "browserstack" / "langfuse_openapi.yml")


@pytest.fixture
def browserstack(contracts: Path) -> Document:
    """BrowserStack's pages, put together to a document."""
    return load(contracts / "browserstack" / "browserstack_evals.yml")


@pytest.fixture
def wire(contracts: Path) -> Any:  # noqa: ANN401 - JSON
    """What was read in the server's source or seen on the wire."""
    return json.loads((contracts / "browserstack" / "langfuse_wire_behaviour.json").read_text(encoding="utf-8"))
