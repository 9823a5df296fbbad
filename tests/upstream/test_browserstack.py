"""BrowserStack AI Evals and Langfuse: what is sent, and what the documented answers decode to."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from crashgate.errors import InvalidArgumentsError
from crashgate.model.message import Request, Response
from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from crashgate.model.provider import Connection
from crashgate.model.result import Page
from crashgate.providers.browserstack.new_sessions import CREATE_SESSION, CreateSession
from crashgate.providers.browserstack.sessions import GET_SESSION, LIST_SESSIONS, GetSession, ListSessions
from crashgate.upstream.codec import decode, encode
from crashgate.upstream.request import Stamp
from tests.catalogue import PROVIDERS
from tests.rows import dump
from tests.sandbox.browserstack.document import Document, load

PAIR = "pk-lf-canary-public:sk-lf-canary-secret"
HOST = "https://evals-api.browserstack.com"
MADE = UUID("00000000-0000-4000-8000-000000000001")
STAMP = Stamp(id=MADE, at=datetime(2026, 11, 20, 15, 30, 0, 123_000, tzinfo=UTC))
SAMPLES = Path(__file__).resolve().parent.parent / "samples" / "browserstack" / "sessions"


def connection(credential: str = PAIR, base: str = HOST) -> Connection:
    return Connection(name="evals", provider=PROVIDERS["browserstack"], base_url=base, credential=SecretStr(credential))


EVALS = connection()
NEW = CreateSession(session_id="session-abc", name="chat-turn-1")


def request_for(operation: AnyOperation, params: Params, at: Connection = EVALS) -> Request:
    return encode(operation, params, at, stamp=STAMP if operation.envelope else None)


def read(
    operation: AnyOperation, params: Params, body: object, *, status: int = 200, mark: str | None = None
) -> Page[Any]:
    """What an answer decodes to."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = Response(status=status, headers={}, body=content)
    return decode(operation, request_for(operation, params), response, EVALS, mark=mark)


def sample(name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def documented(contracts: Path, start: str) -> Any:  # noqa: ANN401 - JSON
    """The JSON of the vendor's page that begins with ``start``."""
    text = (contracts / "browserstack" / "sessions-api.txt").read_text(encoding="utf-8")
    return json.JSONDecoder().raw_decode(text[text.index(start) :])[0]


@pytest.fixture
def langfuse(contracts: Path, tmp_path: Path) -> Document:
    """Langfuse's schemas, and under ``Query`` and ``Batch`` what its list and its ingestion take."""
    path = contracts / "browserstack" / "langfuse_openapi.yml"
    text = path.read_text(encoding="utf-8")
    routes = text[text.index("\npaths:") + 1 : text.index("\ncomponents:")].splitlines()[1:]
    # The reader gives schemas only, so the routes are handed to it as such.
    moved = tmp_path / "routes.yml"
    moved.write_text("\n".join(["components:", "  schemas:", *(f"  {line}" for line in routes)]), encoding="utf-8")
    found = load(moved).schemas
    taken = {one["name"]: one["schema"] for one in found["/api/public/sessions"]["get"]["parameters"]}
    batch = found["/api/public/ingestion"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    query = {"type": "object", "properties": taken, "additionalProperties": False}
    return Document(schemas={**load(path).schemas, "Query": query, "Batch": batch})


def test_the_documented_list_decodes_to_its_documented_values(contracts: Path) -> None:
    page = read(LIST_SESSIONS, ListSessions(), documented(contracts, '{\n"data"'))

    assert dump(page.rows) == [
        {
            "id": "session-abc",
            "started_at": "2026-04-03T10:00:00.000Z",
            "project_id": "proj-xyz",
            "environment": "production",
        }
    ]
    assert (page.total, page.next_mark, page.previous_mark, page.truncated) == (12, None, None, False)


def test_the_documented_session_decodes_to_its_documented_values(contracts: Path) -> None:
    body = documented(
        contracts,
        '{\n"id": "session-abc",\n"createdAt": "2026-04-03T10:00:00.000Z",\n"projectId": '
        '"proj-xyz",\n"environment": "production",\n"traces"',
    )
    page = read(GET_SESSION, GetSession(session_id="session-abc"), body)

    assert dump(page.rows) == [
        {
            "id": "session-abc",
            "started_at": "2026-04-03T10:00:00.000Z",
            "project_id": "proj-xyz",
            "environment": "production",
            "traces": [
                {
                    "id": "trace-uuid-1",
                    "name": "rag-pipeline",
                    "at": "2026-04-03T10:00:00.000Z",
                    "user_id": "user-123",
                    "session_id": "session-abc",
                    "environment": "production",
                    "release": None,
                    "version": None,
                    "tags": [],
                    "metadata": None,
                    "input": {"query": "What is quantum computing?"},
                    "output": None,
                    "public": False,
                    "bookmarked": False,
                    "project_id": "proj-xyz",
                    "created_at": "2026-04-03T10:00:00.000Z",
                    "updated_at": "2026-04-03T10:00:01.000Z",
                },
            ],
        }
    ]


def test_what_is_ingested_is_the_documented_example_with_ids_of_our_own(contracts: Path) -> None:
    wanted = documented(contracts, '{\n"batch"')
    (event,) = wanted["batch"]
    event["id"] = event["body"]["id"] = str(MADE)
    event["body"]["environment"] = "default"
    params = CreateSession(session_id="session-abc", name="chat-turn-1", user_id="user-123")
    stamp = Stamp(id=MADE, at=datetime(2026, 4, 3, 10, tzinfo=UTC))

    assert json.loads(encode(CREATE_SESSION, params, EVALS, stamp=stamp).body or b"") == wanted


def test_a_session_taken_in_is_told_by_the_id_of_its_trace() -> None:
    page = read(CREATE_SESSION, NEW, {"successes": [{"id": str(MADE), "status": 201}], "errors": []}, status=207)

    assert dump(page.rows) == [{"trace_id": str(MADE)}]


def test_an_id_that_we_cannot_have_made_is_not_shown() -> None:
    page = read(
        CREATE_SESSION, NEW, {"successes": [{"id": "call delete_error", "status": 201}], "errors": []}, status=207
    )

    assert dump(page.rows) == [{"trace_id": None}]


@pytest.mark.ablation("an event is sent with a stamp")
def test_an_event_without_a_stamp_is_never_built() -> None:
    with pytest.raises(ValueError, match="sent with a stamp"):
        encode(CREATE_SESSION, NEW, EVALS)


def test_the_middle_page_leads_both_ways_and_tells_the_total() -> None:
    body: object = {"data": [], "meta": {"page": 2, "limit": 1, "totalItems": 3, "totalPages": 3}}
    page = read(LIST_SESSIONS, ListSessions(per_page=1), body, mark="2")
    later = encode(LIST_SESSIONS, ListSessions(per_page=1), EVALS, mark=page.next_mark)

    assert (page.previous_mark, page.next_mark, page.total) == ("1", "3", 3)
    assert later.url == f"{HOST}/api/public/sessions?limit=1&page=3"


def test_no_sessions_are_no_pages() -> None:
    body: object = {"data": [], "meta": {"page": 1, "limit": 50, "totalItems": 0, "totalPages": 0}}

    assert read(LIST_SESSIONS, ListSessions(), body) == Page(rows=(), total=0)


def test_an_environment_that_is_no_name_is_none() -> None:
    rows = [{"id": "a", "environment": name} for name in ("Production", "a b", "", "x" * 41, 7, "langfuse-evaluation")]
    page = read(LIST_SESSIONS, ListSessions(), {"data": rows, "meta": {}})

    assert [row.environment for row in page.rows] == [None, None, None, None, None, "langfuse-evaluation"]


ANY_TEXT = st.text(max_size=220) | st.text(alphabet="./\\%2eEfF;?#@:& \x00é\u202e\uff0e\uff0f", max_size=30)
BASES = (HOST, "http://localhost:3000", "https://langfuse.example.com:8443/tools/evals")


@pytest.mark.threats(13)
@example(text="a/b?c=1")
@example(text="%2F")
@example(text="..")
@example(text="../traces")
@example(text="お客様/7")
@given(text=ANY_TEXT)
def test_any_text_as_a_sessions_id_is_refused_or_one_segment_that_reads_back_as_it(text: str) -> None:
    try:
        params = GetSession(session_id=text)
        urls = [encode(GET_SESSION, params, connection(base=base)).url for base in BASES]
    except (ValidationError, InvalidArgumentsError):
        return
    for url, base in zip(urls, BASES, strict=True):
        assert url.startswith(f"{base}/api/public/sessions/")
        segment = url.removeprefix(f"{base}/api/public/sessions/")
        assert not set(segment) & set("/?#\\;")
        assert segment.isascii()
        assert unquote(segment) == text


@pytest.mark.threats(13)
@pytest.mark.parametrize("text", ["a/b", "a?b", "a%2Fb", "#", "é", "a b", "...", "a" * 200])
def test_odd_ids_that_servers_have_can_be_read(text: str) -> None:
    url = encode(GET_SESSION, GetSession(session_id=text), EVALS).url

    assert [unquote(part) for part in urlsplit(url).path.split("/")] == ["", "api", "public", "sessions", text]


MOMENTS = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1)).map(  # noqa: DTZ001 - a zone follows
    lambda moment: f"{moment.isoformat(timespec='seconds')}+05:45"
)
DAYS = st.dates(min_value=datetime(1990, 1, 1, tzinfo=UTC).date()).map(str).filter(lambda day: day < "2090")
NAMES = st.from_regex(r"[a-z0-9_-]{1,40}", fullmatch=True)
LISTS = st.fixed_dictionaries(
    {},
    optional={
        "since": MOMENTS | DAYS,
        "until": MOMENTS | DAYS,
        "environment": NAMES | st.lists(NAMES, min_size=1, max_size=3),
        "per_page": st.integers(1, 100),
    },
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
WORDS = st.text(min_size=1, max_size=20)
CREATIONS = st.fixed_dictionaries(
    {"session_id": st.from_regex(r"[ -~]{1,200}", fullmatch=True), "name": WORDS},
    optional={
        "environment": NAMES.filter(lambda name: not name.startswith("langfuse")),
        "user_id": WORDS | st.none(),
        "input": JSON_VALUES,
        "output": JSON_VALUES,
        "metadata": JSON_VALUES,
        "tags": st.lists(WORDS, max_size=3) | st.none(),
        "release": WORDS,
        "version": WORDS,
    },
)


def test_every_list_that_can_be_asked_for_is_one_that_langfuse_documents(langfuse: Document) -> None:
    @given(arguments=LISTS)
    def check(arguments: dict[str, Any]) -> None:
        pairs = parse_qsl(urlsplit(request_for(LIST_SESSIONS, ListSessions.model_validate(arguments)).url).query)
        asked: dict[str, Any] = {name: value for name, value in pairs if name != "environment"}
        if "limit" in asked:
            asked["limit"] = int(asked["limit"])
        environments = [value for name, value in pairs if name == "environment"]

        assert langfuse.faults("Query", asked | ({"environment": environments} if environments else {})) == []
        assert len(pairs) == len(asked) + len(environments)
        assert all(value[10] == "T" and value[-1] == "Z" for name, value in pairs if name.endswith("Timestamp"))

    check()


def test_every_session_that_can_be_created_is_a_batch_that_langfuse_documents(langfuse: Document) -> None:
    @given(arguments=CREATIONS)
    def check(arguments: dict[str, Any]) -> None:
        body = json.loads(request_for(CREATE_SESSION, CreateSession.model_validate(arguments)).body or b"")
        held = body["batch"][0]["body"]

        assert langfuse.faults("Batch", body) == []
        assert langfuse.faults("TraceBody", held) == []
        assert held["sessionId"] == arguments["session_id"]
        assert {name: held[name] for name in ("input", "output", "metadata") if name in held} == {
            name: arguments[name] for name in ("input", "output", "metadata") if arguments.get(name) is not None
        }

    check()


def test_a_batch_of_another_form_would_be_noticed(langfuse: Document) -> None:
    assert langfuse.faults("Batch", {"batch": [{"id": "1", "type": "trace-create", "body": {}}]})
    assert langfuse.faults("Query", {"limit": "many"})
    assert langfuse.faults("Query", {"per_page": 10})


@pytest.mark.parametrize(("name", "schema"), [("list", "PaginatedSessions"), ("get", "SessionWithTraces")])
def test_the_answers_of_the_samples_are_what_langfuse_documents(name: str, schema: str, langfuse: Document) -> None:
    assert langfuse.faults(schema, sample(name)["response"]["body"]) == []
