"""The BugsPulse that most tests of this folder speak to."""

from collections.abc import AsyncIterator

import pytest

from tests.sandbox.bugspulse.harness import Pulse, Start, start_pulse


@pytest.fixture
def start() -> Start:
    """Start one that differs from the usual."""
    return start_pulse


@pytest.fixture
async def pulse() -> AsyncIterator[Pulse]:
    """The usual one: without a budget, everything else as documented."""
    async with start_pulse() as started:
        yield started
