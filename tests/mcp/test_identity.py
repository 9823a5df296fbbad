"""A caller whom nobody verified, and a toolbox with a defect: neither gets an answer (THREATS rows 1, 7 and 33)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest
from mcp import Client, MCPError

from crashgate.identity import Principal
from crashgate.mcp.server import build
from crashgate.mcp.tokens import Bearer, Launched
from crashgate.tools.exports import Watch
from crashgate.tools.toolbox import Toolbox
from tests.house import OPERATOR, open_house

ERAS = ["legacy", "auto"]


@pytest.mark.ablation("without a verified token there is no caller")
@pytest.mark.threats(1, 33)
@pytest.mark.parametrize("mode", ERAS)
async def test_without_a_verified_token_there_is_no_caller_and_no_call(
    tmp_path: Path, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    # Guards: the PermissionError in Bearer; a server that is put behind no BearerLayer must serve nobody.
    async with open_house(tmp_path) as house:
        async with Client(build(house.toolbox, Bearer()), mode=mode) as client:
            with pytest.raises(MCPError) as listed:
                await client.list_tools()
            with pytest.raises(MCPError) as called:
                await client.call_tool("my_access", {})

        assert {listed.value.error.code, called.value.error.code} == {-32603}
        assert "token" not in str(listed.value) + str(called.value)
        assert "PermissionError: no verified token" in caplog.text
        assert (house.entries, list(house.requests)) == ([], [])


class _Defective(Toolbox):
    """Fails in the middle of an upstream's words."""

    __slots__ = ()

    async def call(
        self,
        principal: Principal,
        name: str,
        arguments: Mapping[str, Any],
        progress: Watch | None = None,
        **others: object,
    ) -> NoReturn:
        del progress, others
        raise ValueError(f"CANARY {principal} {name} {arguments}")

    def listed(self, agent: str) -> NoReturn:
        raise ValueError(f"CANARY {agent}")


@pytest.mark.ablation("a defect is told in our words")
@pytest.mark.threats(7)
@pytest.mark.parametrize("mode", ERAS)
async def test_a_defect_is_told_in_our_words(tmp_path: Path, mode: str) -> None:
    # Guards: _defects_in_our_words in server.build; for the older era the SDK would repeat the exception's text.
    async with open_house(tmp_path) as house:
        parts = {
            name: getattr(house.toolbox, name) for name in ("gateway", "cursors", "vocabulary", "connections", "clock")
        }
        async with Client(build(_Defective(**parts), Launched(agent=OPERATOR)), mode=mode) as client:
            with pytest.raises(MCPError) as listed:
                await client.list_tools()
            called = await client.call_tool("my_access", {})

    told = listed.value.error
    assert (told.code, told.message) == (-32603, "crashgate itself failed. If it happens again, tell its operator.")
    error: Any = called.structured_content
    assert (called.is_error, error["error"]["code"]) == (True, "internal")
    assert "crashgate itself failed. If it happens again, tell its operator." in str(called.content)
    assert "CANARY" not in called.model_dump_json()
