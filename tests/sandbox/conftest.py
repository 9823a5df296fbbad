"""The sandbox that most tests of this folder speak to."""

from collections.abc import AsyncIterator

import pytest

from tests.sandbox.harness import Sandbox, Start, start_sandbox


@pytest.fixture
def start() -> Start:
    """Start a sandbox that differs from the usual one."""
    return start_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """The usual one: without budgets, everything else as upstream."""
    async with start_sandbox() as started:
        yield started
