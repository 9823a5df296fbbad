"""A whole exchange through the real client. Rule: what its JSON must become is told without any code of ours."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import httpx2
from pydantic import SecretStr

from crashgate.model.message import Request, Response
from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from crashgate.model.provider import Connection
from crashgate.model.result import Page
from crashgate.upstream.client import Call, Trace, Upstream, exchange
from crashgate.upstream.request import Stamp
from crashgate.upstream.transport import build_response
from tests.catalogue import PROVIDERS
from tests.held_clock import HeldClock
from tests.rows import dump, dump_like

JsonObject = dict[str, Any]
BASE_URL = "https://api.bugsnag.com"
TOKEN = "canary-token-of-the-connection"
CONNECTION = Connection(name="bugsnag", provider=PROVIDERS["bugsnag"], base_url=BASE_URL, credential=SecretStr(TOKEN))
SESSIONS = Connection(
    name="sessions",
    provider=PROVIDERS["bugsnag-sessions"],
    base_url="https://sessions.bugsnag.com",
    credential=SecretStr(TOKEN),
)

BUGSPULSE = Connection(
    name="pulse",
    provider=PROVIDERS["bugspulse"],
    base_url="https://api.bugspulse.com/export",
    credential=SecretStr(TOKEN),
)
BROWSERSTACK = Connection(
    name="evals",
    provider=PROVIDERS["browserstack"],
    base_url="https://evals.browserstack.com",
    credential=SecretStr(f"pk-lf-canary:sk-lf-{TOKEN}"),
)
DEVREV = Connection(
    name="devrev", provider=PROVIDERS["devrev"], base_url="https://api.devrev.ai", credential=SecretStr(TOKEN)
)
CONNECTIONS = {one.provider.name: one for one in (CONNECTION, SESSIONS, BUGSPULSE, BROWSERSTACK, DEVREV)}
STAMP = Stamp(id=UUID("00000000-0000-4000-8000-000000000001"), at=datetime(2026, 11, 20, 15, 30, 0, 123000, tzinfo=UTC))
"""What an event is sent with in a sample."""

SECRETS = {"api_key", "upload_api_key", "billing_emails"}
SECRETS_OF_A_PERSON = {
    "two_factor_enabled",
    "two_factor_enabled_on",
    "recovery_codes_remaining",
    "password_updated_on",
    "project_ids",
    "project_roles",
    "projects_url",
    "favorite_project_ids",
}
"""How safe the account is, and which projects there are beside this one."""

SPELLINGS = {
    "receivedAt": "received_at",
    "errorClass": "error_class",
    "lineNumber": "line_number",
    "columnNumber": "column_number",
    "inProject": "in_project",
}


def connection_for(operation: AnyOperation) -> Connection:
    """The connection of the operation's provider."""
    return CONNECTIONS[operation.provider]


def stamp_for(operation: AnyOperation) -> Stamp | None:
    """The stamp of an operation that is sent with one."""
    return None if operation.envelope is None else STAMP


@dataclass(frozen=True)
class Played:
    """A transport whose answers a function gives."""

    answer: Callable[[httpx2.Request], httpx2.Response]

    async def send(self, request: Request) -> Response:
        sent = httpx2.Request(request.method, request.url, headers=dict(request.headers), content=request.body)
        answer = self.answer(sent)
        return build_response(answer.status_code, answer.headers.multi_items(), await answer.aread())


async def answered(
    operation: AnyOperation, params: Params, *, status: int = 200, headers: Mapping[str, str], body: object
) -> tuple[Page[Any], httpx2.Request]:
    """The decoded answer, and the request as it went over the wire. ``body`` is JSON; None is an empty body."""
    sent: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        content = b"" if body is None else json.dumps(body).encode()
        return httpx2.Response(status, headers=dict(headers), stream=httpx2.ByteStream(content))

    upstream = Upstream(connection=connection_for(operation), transport=Played(answer), clock=HeldClock())
    page = await exchange(upstream, Call(operation=operation, params=params), Trace())
    assert len(sent) == 1
    return page, sent[0]


def rows_of(body: Any) -> list[Any]:  # noqa: ANN401 - JSON
    """The rows of an answer; none where it has no body."""
    if body is None:
        return []
    return cast("list[Any]", body) if isinstance(body, list) else [body]


def expected(body: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    """The rows of an answer in the newer spelling, without the values of secrets and with nothing else changed."""
    return [_row(cast("JsonObject", row)) for row in rows_of(body)]


def _row(row: JsonObject) -> JsonObject:
    secrets = SECRETS_OF_A_PERSON if "email" in row else SECRETS
    return {
        SPELLINGS.get(name, name): None if name in secrets else _expected(name, value) for name, value in row.items()
    }


def dumped(page: Page[Any], like: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The decoded rows, as far as the answer, which is ``like``, filled them."""
    rows: list[dict[str, Any]] = dump(page.rows)
    # What a bulk change answers has a field for each error.
    rows = [row | (row.pop("told", None) or {}) for row in rows]
    return cast("list[dict[str, Any]]", dump_like(rows, like))


def _expected(name: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    if name == "collaborator":
        return _row(cast("JsonObject", value))
    if name == "request":  # headers with credentials are never read
        headers = {key: each for key, each in value.get("headers", {}).items() if key != "Cookie"}
        return {**value, **({"headers": headers} if "headers" in value else {})}
    return _respelled(value) if name == "exceptions" else value


def _respelled(thrown: Any) -> Any:  # noqa: ANN401 - JSON
    """Exceptions or a part of them; ``code`` holds data and not names."""
    if isinstance(thrown, list):
        return [_respelled(item) for item in cast("list[Any]", thrown)]
    if isinstance(thrown, dict):
        return {
            SPELLINGS.get(name, name): value if name == "code" else _respelled(value)
            for name, value in cast("JsonObject", thrown).items()
        }
    return thrown
