"""Tells people of new requests for approval, by a webhook that is signed by Standard Webhooks.

It only tells: an answer comes by the operator's command or the person at the client, and never this way. What an agent
wrote is not in it; the command that shows a request shows that too. A call never waits for it.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import logging
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from crashgate.clock import Clock, timestamp
from crashgate.config.connections import read_token_file
from crashgate.config.operating_settings import ApprovalsSettings
from crashgate.errors import ConfigurationError
from crashgate.gate.approval_requests import ApprovalRequest, ApprovalStore, Way
from crashgate.model.message import Request
from crashgate.upstream.transport import Transport, TransportError

_PREFIX = "whsec_"
_legal_url = re.compile(r"https://\S{1,2000}").fullmatch
_SECRET_BYTES = range(24, 65)
_MOST_WAITING = 100
_PAUSES = (1.0, 10.0, 60.0)
"""Seconds before each further try."""

_log = logging.getLogger(__name__)


def read_secret(text: str) -> bytes:
    """The key of a secret as Standard Webhooks writes it. Raises ConfigurationError, which does not show it."""
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(_PREFIX) or len(key) not in _SECRET_BYTES:
        raise ConfigurationError(
            "The secret of the webhook for approvals cannot be used.",
            why=f"It has to be {_PREFIX} and 24 to 64 bytes in base64.",
            remedy=f"Make one: echo {_PREFIX}$(head -c 32 /dev/urandom | base64)",
        )
    return key


def read_url(text: str) -> str:
    """The address that a file holds. Raises ConfigurationError, which does not show it."""
    if not _legal_url(text):
        raise ConfigurationError(
            "The address of the webhook for approvals cannot be used.",
            why="It has to start with https:// and have no spaces.",
            remedy="Write the address, and nothing else, into the file.",
        )
    return text


class ApprovalWebhook:
    """Sends new requests to one address, one after the other, each at most four times.

    With a ``key`` as JSON that is signed by Standard Webhooks, and without one as a text in the form of chat programs.
    """

    def __init__(
        self, *, url: str, key: bytes | None, transport: Transport, clock: Clock, pauses: Sequence[float] = _PAUSES
    ) -> None:
        self._url = url
        self._key = key
        self._transport = transport
        self._clock = clock
        self._pauses = pauses
        self._waiting: asyncio.Queue[ApprovalRequest] = asyncio.Queue(_MOST_WAITING)

    def tell(self, request: ApprovalRequest) -> None:
        """Send it soon. With too many waiting it is left out, which is logged; the request itself is kept."""
        try:
            self._waiting.put_nowait(request)
        except asyncio.QueueFull:
            _log.warning("Approval %s is not told by the webhook: too many wait. See crashgate approvals.", request.id)

    @asynccontextmanager
    async def sending(self) -> AsyncGenerator[None]:
        """Send inside; what still waits at the end is dropped."""
        task = asyncio.create_task(self._send_all())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _send_all(self) -> None:
        while True:
            request = await self._waiting.get()
            try:
                await self._send(request)
            except Exception:  # noqa: BLE001 - the next request is told all the same
                _log.exception("Approval %s could not be told by the webhook.", request.id)

    async def _send(self, request: ApprovalRequest) -> None:
        body = (_signed_form(request) if self._key is not None else _text_form(request)).encode()
        answer = ""
        for pause in (*self._pauses, None):
            answer = await self._post(f"approval_{request.id}", body)
            if answer == "":
                return
            if pause is not None:
                await asyncio.sleep(pause)
        _log.warning("Approval %s could not be told by the webhook: %s. See crashgate approvals.", request.id, answer)

    async def _post(self, name: str, body: bytes) -> str:
        """Why it failed, in words of ours; empty where the receiver took it."""
        headers = {"content-type": "application/json", **(self._signature(self._key, name, body) if self._key else {})}
        request = Request(method="POST", url=self._url, headers=headers, body=body, repeatable=False)
        try:
            answer = await self._transport.send(request)
        except TransportError as problem:
            return problem.fault.value
        return "" if answer.ok else f"status {answer.status}"

    def _signature(self, key: bytes, name: str, body: bytes) -> dict[str, str]:
        sent = str(int(self._clock.now().timestamp()))
        signed = hmac.new(key, f"{name}.{sent}.".encode() + body, hashlib.sha256).digest()
        return {
            "webhook-id": name,
            "webhook-timestamp": sent,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        }


def _signed_form(request: ApprovalRequest) -> str:
    return json.dumps(
        {
            "type": "approval.requested",
            "timestamp": timestamp(request.asked),
            "data": {
                "id": request.id,
                "agent": request.agent,
                "tool": request.tool,
                "operation": request.operation,
                "access": request.access.value,
                "connection": request.connection,
                "target": request.target,
                "what": request.what,
                "arguments": dict(request.arguments),
                "hidden": list(request.hidden),
                "why": request.why,
                "expires": timestamp(request.expires),
                "answer": f"crashgate approvals show {request.id}",
            },
        }
    )


def _text_form(request: ApprovalRequest) -> str:
    why = f" {request.because.strip()}" if request.why else ""
    text = (
        f"{request.agent} asks for approval: {request.what}.{why} It expires at {timestamp(request.expires)}. "
        f"To see and answer it: crashgate approvals show {request.id}"
    )
    # The form has these three letters for itself: what is asked must not become a link or call everybody.
    return json.dumps({"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")})


@asynccontextmanager
async def telling(
    settings: ApprovalsSettings, store: ApprovalStore, transport: Transport, clock: Clock
) -> AsyncGenerator[ApprovalStore]:
    """The store, whose new requests are told where that is configured. Raises ConfigurationError."""
    url = settings.webhook_url
    if settings.webhook_url_file is not None:
        url = read_url(read_token_file("approvals webhook", settings.webhook_url_file).strip())
    if url is None:
        yield store
        return
    secret = settings.webhook_secret_file
    key = read_secret(read_token_file("approvals webhook", secret).strip()) if secret is not None else None
    webhook = ApprovalWebhook(url=url, key=key, transport=transport, clock=clock)
    async with webhook.sending():
        yield ToldApprovals(store, webhook)


class ToldApprovals:
    """An ``ApprovalStore`` whose new requests are told."""

    def __init__(self, store: ApprovalStore, webhook: ApprovalWebhook) -> None:
        self._store = store
        self._webhook = webhook

    async def request(self, wanted: ApprovalRequest, *, most: int) -> ApprovalRequest | None:
        """As the store; what is new is told."""
        found = await self._store.request(wanted, most=most)
        if found is not None and found.id == wanted.id:
            self._webhook.tell(found)
        return found

    async def held(self, wanted: ApprovalRequest) -> ApprovalRequest | None:
        """As the store."""
        return await self._store.held(wanted)

    async def answer(
        self, identifier: str, *, approved: bool, by: str, way: Way, now: datetime
    ) -> ApprovalRequest | None:
        """As the store."""
        return await self._store.answer(identifier, approved=approved, by=by, way=way, now=now)

    async def use(self, wanted: ApprovalRequest, *, now: datetime) -> bool:
        """As the store."""
        return await self._store.use(wanted, now=now)

    async def find(self, identifier: str) -> ApprovalRequest | None:
        """As the store."""
        return await self._store.find(identifier)

    async def all(self) -> Sequence[ApprovalRequest]:
        """As the store."""
        return await self._store.all()
