"""New requests for approval are told by a signed webhook, which no call waits for and which answers nothing."""

import asyncio
import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook

from crashgate.clock import SystemClock
from crashgate.config.approval_webhook import ApprovalWebhook, ToldApprovals, read_secret, read_url, telling
from crashgate.config.operating_settings import ApprovalsSettings
from crashgate.errors import Code, ConfigurationError
from crashgate.model.message import Request, Response
from crashgate.storage.approvals import SqliteApprovals
from crashgate.upstream.transport import Fault, TransportError
from tests.gate.approvals import DELETE, gate
from tests.gate.memory import MemoryApprovals
from tests.storage.test_approval_store import REQUEST

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
URL = "https://hooks.example.com/approvals"


class _Receiver:
    """A transport that answers in turn with these statuses; None is no answer."""

    def __init__(self, *statuses: int | None) -> None:
        self.statuses = list(statuses)
        self.received: list[Request] = []
        self.done = asyncio.Event()

    async def send(self, request: Request) -> Response:
        self.received.append(request)
        status = self.statuses.pop(0)
        if not self.statuses:
            self.done.set()
        if status is None:
            raise TransportError(Fault.UNREACHABLE)
        return Response(status=status, headers={}, body=b"")


def _webhook(receiver: _Receiver) -> ApprovalWebhook:
    return ApprovalWebhook(url=URL, key=read_secret(SECRET), transport=receiver, clock=SystemClock(), pauses=(0, 0, 0))


async def test_the_reference_library_takes_what_is_sent_and_it_says_what_is_asked() -> None:
    receiver = _Receiver(204)
    webhook = _webhook(receiver)
    asked = replace(REQUEST, texts={"message": "written by an agent"})
    async with webhook.sending():
        webhook.tell(asked)
        await receiver.done.wait()

    (sent,) = receiver.received
    assert sent.body is not None
    assert (sent.method, sent.url, sent.headers["webhook-id"]) == ("POST", URL, f"approval_{asked.id}")
    Webhook(SECRET).verify(sent.body, dict(sent.headers))
    told = json.loads(sent.body)
    assert told["data"]["id"] == asked.id
    assert told["data"]["what"] == asked.what
    assert b"written by an agent" not in sent.body


async def test_what_is_not_taken_is_sent_again_four_times_at_most(caplog: pytest.LogCaptureFixture) -> None:
    receiver = _Receiver(None, 500, 503, 500, 200)
    webhook = _webhook(receiver)
    async with webhook.sending():
        webhook.tell(REQUEST)
        webhook.tell(replace(REQUEST, id="b" * len(REQUEST.id)))
        await receiver.done.wait()

    assert [each.headers["webhook-id"] for each in receiver.received[:4]] == [f"approval_{REQUEST.id}"] * 4
    assert len(receiver.received) == 5
    assert f"Approval {REQUEST.id} could not be told by the webhook: status 500." in caplog.text
    assert SECRET not in caplog.text
    assert URL not in caplog.text


async def test_a_new_request_is_told_once_and_no_call_waits_for_it(tmp_path: Path) -> None:
    receiver = _Receiver(200)
    webhook = _webhook(receiver)
    store = ToldApprovals(SqliteApprovals(tmp_path), webhook)
    now = datetime.now(UTC).replace(microsecond=0)
    wanted = replace(REQUEST, asked=now, expires=now + timedelta(minutes=10))
    first = await store.request(wanted, most=10)
    again = await store.request(replace(wanted, id="another"), most=10)
    assert receiver.received == []
    async with webhook.sending(), asyncio.timeout(10):
        await receiver.done.wait()

    assert (first, again) == (wanted, wanted)
    assert [each.headers["webhook-id"] for each in receiver.received] == [f"approval_{wanted.id}"]


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", SECRET.removeprefix("whsec_"), "whsec_?"])
def test_a_secret_that_is_none_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_secret(secret)

    assert "24 to 64 bytes" in str(caught.value)
    assert "c2hvcnQ" not in str(caught.value)


async def test_with_a_url_and_a_secret_in_a_file_the_gate_tells_of_its_requests(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    file.chmod(0o600)
    receiver = _Receiver(200)
    settings = ApprovalsSettings(webhook_url=URL, webhook_secret_file=file)
    async with telling(settings, SqliteApprovals(tmp_path), receiver, SystemClock()) as store, asyncio.timeout(10):
        await store.request(REQUEST, most=10)
        await receiver.done.wait()

    (sent,) = receiver.received
    Webhook(SECRET).verify(sent.body or b"", dict(sent.headers))


async def test_in_the_form_of_slack_it_is_one_text_to_an_address_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "address"
    file.write_text(f"{URL}\n", encoding="utf-8")
    file.chmod(0o600)
    receiver = _Receiver(200)
    settings = ApprovalsSettings(webhook_form="slack", webhook_url_file=Path("address")).beside(tmp_path)
    asked = replace(REQUEST, what="resolve <!channel> & more", texts={"message": "written by an agent"})
    async with telling(settings, SqliteApprovals(tmp_path), receiver, SystemClock()) as store, asyncio.timeout(10):
        await store.request(asked, most=10)
        await receiver.done.wait()

    (sent,) = receiver.received
    text = json.loads(sent.body or b"")["text"]
    assert (sent.url, dict(sent.headers)) == (URL, {"content-type": "application/json"})
    assert text.startswith("triage-agent asks for approval: resolve &lt;!channel&gt; &amp; more.")
    assert text.endswith(f"crashgate approvals show {asked.id}")
    assert "written by an agent" not in text


@pytest.mark.parametrize(
    "given",
    [
        {"webhook_url": URL},
        {"webhook_secret_file": "secret"},
        {"webhook_url": URL, "webhook_url_file": "address", "webhook_secret_file": "secret"},
        {"webhook_form": "slack"},
        {"webhook_form": "slack", "webhook_url_file": "address", "webhook_secret_file": "secret"},
        {"webhook_url": "http://hooks.example.com/approvals", "webhook_secret_file": "secret"},
    ],
)
def test_what_does_not_fit_together_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ApprovalsSettings.model_validate(given)


async def test_an_address_that_is_none_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_url("http://hooks.example.com/T0/hush")

    assert "hush" not in str(caught.value)


async def test_a_call_does_not_wait_for_a_receiver_that_never_answers() -> None:
    class _Silent:
        asked = asyncio.Event()

        async def send(self, request: Request) -> Response:
            del request
            self.asked.set()
            await asyncio.Event().wait()
            raise AssertionError

    receiver = _Silent()
    webhook = ApprovalWebhook(url=URL, key=read_secret(SECRET), transport=receiver, clock=SystemClock())
    async with webhook.sending(), asyncio.timeout(20):
        opened = gate(store=ToldApprovals(MemoryApprovals(), webhook))
        first = await opened.call("delete_error", DELETE)
        await receiver.asked.wait()
        second = await opened.call("delete_error", DELETE)

    assert first.error is Code.APPROVAL_REQUIRED
    assert second.error is Code.APPROVAL_REQUIRED
