"""The HTTP side that most tests of this folder speak to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.mcp.face import Face, open_face


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    """The example policies over HTTP, one bearer token for each agent."""
    async with open_face(tmp_path) as opened:
        yield opened
