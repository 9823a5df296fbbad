"""The console over a real log, real policies and a real store of approvals, asked in memory."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from crashgate.clock import SystemClock
from crashgate.config import wiring
from crashgate.config.connections import Sandbox
from crashgate.config.settings import Settings
from crashgate.console.app import Sources, console_app
from crashgate.console.sign_in import SignIn
from crashgate.gate.approval_requests import ApprovalRequest, ApprovalStore
from crashgate.model.access import Access
from crashgate_sandbox.app import create_app
from tests.cli.calls import Call, make, settings

HOST = "127.0.0.1:8322"
ORIGIN = f"http://{HOST}"
CALLS: tuple[Call, ...] = (
    ("triage-agent", "list_errors", {"project_id": "checkout-ios", "per_page": 1}),
    ("triage-agent", "delete_error", {"project_id": "checkout-ios", "error_id": "0" * 24}),
    ("triage-agent", "list_errors", {"project_id": "payments-api"}),
    ("read-only-assistant", "my_access", {}),
)
HOSTILE = "</pre><script>pwned = 1</script><img src=x onerror=pwned=1>\u202e" + "long " * 500


@dataclass(frozen=True, kw_only=True)
class Console:
    """A console, its link, a browser that is not signed in yet, and what is behind it."""

    client: httpx2.AsyncClient
    sign_in: SignIn
    approvals: ApprovalStore
    settings: Settings

    async def enter(self) -> httpx2.Response:
        """Sign in with the link."""
        return await self.send("/sign-in", key=self.sign_in.link_key)

    async def send(self, path: str, *, origin: str = ORIGIN, **form: str) -> httpx2.Response:
        return await self.client.post(path, data=form, headers={"Origin": origin})

    async def form_key(self) -> str:
        page = (await self.client.get("/overview")).text
        return page.split('name="form_key" value="')[1].split('"')[0]


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A folder with example policies, and a log of ``CALLS``, made once."""
    folder = tmp_path_factory.mktemp("console")
    (folder / "policies").mkdir(mode=0o755)
    for document in sorted((root / "policies").glob("*.toml")):
        shutil.copyfile(document, folder / "policies" / document.name)
        (folder / "policies" / document.name).chmod(0o644)
    shutil.copytree(root / "policies" / "templates", folder / "policies" / "templates")
    asyncio.run(make(CALLS, policies=folder / "policies", state=folder / "state"))
    return folder


def sources(held: Settings) -> Sources:
    """What the console shows of these settings, with a sandbox for the connections."""
    sandbox = Sandbox(app=create_app(limits=None), limited=False)
    return Sources(
        reader=wiring.log_reader(held),
        approvals=wiring.approvals(held),
        policies=wiring.served_policies(held, sandbox=sandbox).read,
        vocabulary=wiring.vocabulary(held, sandbox=sandbox),
        operator="olga",
        clock=SystemClock(),
    )


@pytest.fixture
async def console(recording: Path, tmp_path: Path) -> AsyncIterator[Console]:
    """A console over a copy of the recording."""
    shutil.copytree(recording, tmp_path / "held")
    held = settings(policies=tmp_path / "held" / "policies", state=tmp_path / "held" / "state")
    shown, sign_in = sources(held), SignIn(SystemClock())
    transport = httpx2.ASGITransport(app=console_app(shown, sign_in, host=HOST))
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield Console(client=client, sign_in=sign_in, approvals=shown.approvals, settings=held)


def request_of(identifier: str) -> ApprovalRequest:
    """A request with a hostile text in each field that an agent or an outsider fills."""
    now = SystemClock().now()
    return ApprovalRequest(
        id=identifier,
        agent="triage-agent",
        tool="comment_on_error",
        operation="bugsnag.comments.create",
        access=Access.WRITE,
        connection="bugsnag",
        target=HOSTILE,
        what="comment on error " + HOSTILE,
        digest=identifier,
        policy_hash="0" * 64,
        call="0" * 32,
        asked=now,
        expires=now + timedelta(minutes=15),
        minutes=15,
        arguments={"project_id": HOSTILE},
        hidden=("message", "longer"),
        texts={"message": HOSTILE},
        why=HOSTILE,
    )


async def ask(console: Console, identifier: str = "request-1") -> ApprovalRequest:
    """Such a request, which waits."""
    held = await console.approvals.request(request_of(identifier), most=20)
    assert held is not None
    return held
