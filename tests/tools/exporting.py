"""Exports that are made, or broken off, in a house. Rule: every call goes through the tools."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from crashgate.errors import Code
from crashgate_sandbox.bugspulse.service import BugsPulse
from crashgate_sandbox.faults import Fault, FaultKind
from crashgate_sandbox.machine_clock import MachineClock
from tests.house import NOW, OPERATOR, House, open_house, write_policies
from tests.session_providers import BUGSPULSE_PREFIX, SessionProviders

OTHER = "other"


async def exported(house: House, tool: str, agent: str = OPERATOR, **arguments: object) -> Mapping[str, Any]:
    answer = await house.call(agent, tool, arguments)
    assert answer.error is None, answer
    export: Mapping[str, Any] = answer.content["export"]
    return export


def file_of(house: House, export: Mapping[str, Any]) -> bytes:
    name: str = export["file"]
    return (house.settings.state / "exports" / name).read_bytes()


def long_bugspulse(pages: int) -> SessionProviders:
    """A BugsPulse with so many pages of sessions."""
    clock = MachineClock()
    usual = SessionProviders.usual(NOW, clock, limited=False)
    pulse = BugsPulse(
        prefix=BUGSPULSE_PREFIX, requests_per_minute=None, sessions=pages * 1_000 - 7, now=NOW, clock=clock
    )
    return SessionProviders(bugspulse=pulse, browserstack=usual.browserstack, devrev=usual.devrev)


async def interrupted(house: House, tool: str, skip: int, **arguments: object) -> str:
    """An export that breaks off after so many pages; gives its id."""
    house.faults.add(Fault(kind=FaultKind.STATUS, status=400, skip=skip))
    answer = await house.call(OPERATOR, tool, arguments)
    assert answer.error is Code.UPSTREAM_REJECTED, answer
    (unfinished,) = [
        each for each in (await house.call(OPERATOR, "list_exports")).content["exports"] if "resume_with" in each
    ]
    assert (unfinished["tool"], unfinished["resume_with"]) == (tool, {"resume": unfinished["id"]})
    assert unfinished["id"] in answer.text
    found: str = unfinished["id"]
    return found


def narrow_house(folder: Path, more: str, pages: int) -> AbstractAsyncContextManager[House]:
    grants = '[[grant]]\nconnection = "bugspulse"\naccess.session = "read"\n' + more
    return open_house(
        folder,
        policies=write_policies(folder / "policies", {OPERATOR: grants}),
        session_providers=long_bugspulse(pages),
    )
