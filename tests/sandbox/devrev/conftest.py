"""The DevRev that most tests of this folder speak to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sandbox.devrev.contract import Contract
from tests.sandbox.devrev.harness import Running, Start, start_devrev


@pytest.fixture
def starting() -> Start:
    """Start a DevRev that differs from the usual one."""
    return start_devrev


@pytest.fixture
async def devrev() -> AsyncIterator[Running]:
    """The usual one: without a budget, everything else as upstream."""
    async with start_devrev() as started:
        yield started


@pytest.fixture(scope="session")
def contract(contracts: Path) -> Contract:
    """The vendor's interface as far as it is known."""
    return Contract(contracts)
