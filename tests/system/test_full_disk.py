"""A full disk under the decision log (THREATS row 28): calls are refused, the answer says why, nothing is sent."""

from pathlib import Path

import pytest

from crashgate.errors import Code
from tests.house import OPERATOR, House, open_house
from tests.mcp.face import call, open_face
from tests.small_disk import fill
from tests.tools.asks import ASKS

pytestmark = pytest.mark.threats(28)
SAYS_WHY = "The decision log cannot store a record. The disk is full. Tell the operator of crashgate."


async def _until_refused(house: House) -> str:
    """The last free page may take a record or two; after that every call is refused."""
    for _ in range(50):
        answer = await house.call(OPERATOR, "get_project", {"project_id": "checkout-ios"})
        if answer.error is not None:
            assert answer.error is Code.LOG_UNAVAILABLE
            return answer.text
    raise AssertionError("the disk never became full")


async def test_a_full_disk_refuses_every_tool_and_says_why_and_recovers(small_disk: Path) -> None:
    async with open_house(small_disk) as house:
        error = house.errors()[0].id
        filler = fill(small_disk)
        told = await _until_refused(house)
        sent = len(house.requests)
        answers = [
            await house.call(OPERATOR, tool, {"project_id": "checkout-ios", "error_id": error})
            for tool in (*ASKS, "no_such_tool")
        ]
        while_full = len(house.requests)
        filler.unlink()
        after = await house.call(OPERATOR, "resolve_error", {"project_id": "checkout-ios", "error_id": error})
        verdicts = house.log.verify()

    assert told.startswith(SAYS_WHY)
    assert {answer.error for answer in answers} == {Code.LOG_UNAVAILABLE}
    assert all(answer.text.startswith(SAYS_WHY) for answer in answers)
    assert while_full == sent
    assert after.error is None
    assert all(verdict.sound for verdict in verdicts)


async def test_over_http_the_answer_says_why_too(small_disk: Path) -> None:
    async with open_face(small_disk) as face:
        fill(small_disk)
        await _until_refused(face.house)
        sent = len(face.house.requests)
        response = await face.post(call("list_errors", {"project_id": "checkout-ios"}))

    result = response.json()["result"]
    assert (response.status_code, result["isError"]) == (200, True)
    assert result["content"][0]["text"].startswith(SAYS_WHY)
    assert result["structuredContent"]["error"]["code"] == "log_unavailable"
    assert len(face.house.requests) == sent
