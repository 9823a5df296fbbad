"""A person at a client who is asked for approvals, and the sides on which that client can be."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import anyio
import httpx2
from mcp import Client
from mcp.client.context import ClientRequestContext
from mcp.client.session import ElicitationFnT
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, ElicitRequestFormParams, ElicitRequestParams, ElicitResult, ErrorData

from crashgate.config import wiring
from crashgate.gate.approval_requests import ApprovalRequest
from crashgate.identity import Via
from crashgate.mcp.server import build
from crashgate.mcp.tokens import Launched
from tests.gate.gate import AGENT, IOS, Gate, open_gate, policy
from tests.house import House, everything, open_house, write_policies
from tests.mcp.face import Face, open_face
from tests.plain_http import NO_CERTIFICATES
from tests.system.served import Era

ERAS: list[Era] = ["legacy", "2026-07-28"]
Where = Literal["memory", "http"]
SIDES: list[Where] = ["memory", "http"]
KEEPER, OTHER = "keeper", "other"
APPROVE = '[approve]\noperations = ["bugsnag.errors.delete", "bugsnag.errors.delete_many", "bugsnag.comments.create"]\n'
GRANTS = f"{everything('bugsnag')}{APPROVE}"

YES = ElicitResult(action="accept", content={"approve": True})
NO = ElicitResult(action="accept", content={"approve": False})
DECLINED, DISMISSED = ElicitResult(action="decline"), ElicitResult(action="cancel")


class User:
    """A person at a client: what they were asked, and what they say; ``before`` happens while they think."""

    def __init__(self, *says: ElicitResult | ErrorData, before: Callable[[], None] = lambda: None) -> None:
        self._says = iter(says)
        self._before = before
        self.asked: list[ElicitRequestFormParams] = []

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult | ErrorData:
        del context
        await anyio.lowlevel.checkpoint()
        assert isinstance(params, ElicitRequestFormParams)
        self.asked.append(params)
        self._before()
        return next(self._says)


@asynccontextmanager
async def over_http(
    face: Face, user: ElicitationFnT | None, era: Era, agent: str = KEEPER, sessions: list[str] | None = None
) -> AsyncGenerator[Client]:
    """A client over HTTP; ``sessions`` takes down the ids of the sessions that it opens."""

    async def note(response: httpx2.Response) -> None:
        if sessions is not None and "mcp-session-id" in response.headers:
            sessions.append(response.headers["mcp-session-id"])

    headers = {"Authorization": f"Bearer {face.tokens[agent]}"}
    async with (
        httpx2.AsyncClient(
            headers=headers, timeout=30, event_hooks={"response": [note]}, verify=NO_CERTIFICATES
        ) as http,
        Client(
            streamable_http_client(f"{face.url}/mcp", http_client=http), mode=era, elicitation_callback=user
        ) as client,
    ):
        yield client


@dataclass(frozen=True, kw_only=True)
class Side:
    """A house, and its clients; without a ``face`` they are in this process."""

    house: House
    face: Face | None = None

    def client(self, user: ElicitationFnT | None, era: Era, agent: str = KEEPER) -> AbstractAsyncContextManager[Client]:
        """A client whose user answers so; without one it cannot ask."""
        if self.face is not None:
            return over_http(self.face, user, era, agent)
        server = build(self.house.toolbox, Launched(agent=agent, via=Via.MEMORY))
        return Client(server, mode=era, elicitation_callback=user)

    @property
    def delete(self) -> dict[str, Any]:
        """The arguments that delete one error."""
        return self._delete(0)

    @property
    def delete_another(self) -> dict[str, Any]:
        return self._delete(1)

    def _delete(self, number: int) -> dict[str, Any]:
        return {"project_id": self.house.project().id, "error_id": self.house.errors()[number].id}

    @property
    def changes(self) -> int:
        """How many requests that are no reads arrived upstream."""
        return len([each for each in self.house.requests if each.method != "GET"])

    @property
    def told(self) -> list[tuple[str, str, str, str | None]]:
        """The calls in the log: agent, effect, reason and approval."""
        records = [entry.decision.record for entry in self.house.entries]
        return [(each.agent, each.effect, each.reason, each.approval) for each in records if each.parent is None]

    async def requests(self) -> list[ApprovalRequest]:
        return list(await wiring.approvals(self.house.settings).all())


@asynccontextmanager
async def open_side(folder: Path, where: Where, *, grants: str = GRANTS) -> AsyncGenerator[Side]:
    """Two agents with the same grants."""
    policies = write_policies(folder / "policies", {KEEPER: grants, OTHER: grants})
    if where == "memory":
        async with asyncio.timeout(30), open_house(folder, policies=policies) as house:
            yield Side(house=house)
    else:
        async with asyncio.timeout(30), open_face(folder, policies=policies) as face:
            yield Side(house=face.house, face=face)


def rounds(era: Era, approval: str, *last: str) -> list[tuple[str, str, str, str | None]]:
    """The log after a call that was asked about: in the modern era the question ended a call of its own."""
    first = [] if era == "legacy" else [(KEEPER, "deny", "approval_required", approval)]
    return [*first, (KEEPER, last[0], last[1], approval)]


def code_of(answer: CallToolResult) -> object:
    content: Any = answer.structured_content
    return content.get("error", {}).get("code") if answer.is_error else None


def approving_gate() -> Gate:
    grants = '[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\naccess.error = "full"\naccess.comment = "write"\n'
    return open_gate(policy(f"{grants}{APPROVE}expires_minutes = 10\n"))


GATE_DELETE: dict[str, Any] = {"project_id": IOS.id, "error_id": IOS.error}


def sent(gate: Gate) -> list[str]:
    return [line for line in gate.upstream.lines if not line.startswith("GET")]


def gate_client(gate: Gate, user: ElicitationFnT, era: Era, *, answer_seconds: float = 30) -> Client:
    server = build(gate.toolbox, Launched(agent=AGENT, via=Via.MEMORY), answer_seconds=answer_seconds)
    return Client(server, mode=era, elicitation_callback=user)
