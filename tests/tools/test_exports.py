"""Exports through the tools: the file is the rows of the upstream, each of them once, and its maker's alone."""

import csv
import io
import json
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from pyarrow import parquet
from starlette.requests import Request

from crashgate.decisions.record import Ending
from crashgate.errors import Code, InvalidArgumentsError, NotAvailableError
from crashgate.identity import Principal, Via
from crashgate.policy.policy import PolicySet
from crashgate.sandbox.app import SessionProviders
from crashgate.sandbox.browserstack.auth import PUBLIC_KEY, SECRET_KEY
from crashgate.sandbox.bugspulse.key import BUGSPULSE_KEY
from crashgate.sandbox.bugspulse.service import BugsPulse
from crashgate.sandbox.bugspulse.sessions import session_id
from crashgate.sandbox.devrev.auth import DEVREV_TOKEN
from crashgate.sandbox.faults import Fault, FaultKind
from crashgate.sandbox.machine_clock import MachineClock
from crashgate.sandbox.session_providers import BUGSPULSE_PREFIX
from crashgate.tools.columns import ABOUT
from crashgate.upstream.langfuse_keys import authorization
from crashgate.upstream.message import Request as Sent
from crashgate.upstream.message import Response
from tests.gateway.gate import ok, policy
from tests.house import NOW, OPERATOR, READER, House, everything, open_house, policies_of_all, write_policies
from tests.house import SESSION_PROVIDERS as PROVIDERS
from tests.tools.played import files_in, open_played

FORMATS = ("jsonl", "csv", "parquet")
OTHER = "other"
FORMULAS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
Rows = list[dict[str, Any]]

_DEVICE = {
    "app_version": "app_version", "os_version": "os_version", "sdk_version": "sdk_version",
    "plug_sdk_version": "plug_sdk_version", "network_type": "network_type", "manufacturer": "manufacturer",
    "device_model": "model", "screen_width": "screen_width", "screen_height": "screen_height",
}  # fmt: skip
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "bugspulse sessions": {
        "id": "id", "status": "status", "platform": "platform", "app_version": "appVersion",
        "os_version": "osVersion", "network_type": "networkType", "user_id": "userId", "started_at": "startedAt",
        "ended_at": "endedAt", "duration_ms": "duration", "event_count": "eventCount", "has_crash": "hasCrash",
        "has_network_errors": "hasNetworkErrors",
    },
    "bugspulse crashes": {
        "id": "id", "status": "status", "platform": "platform", "app_version": "appVersion",
        "os_version": "osVersion", "message": "message", "is_fatal": "isFatal", "handled": "handled",
        "occurrence_count": "occurrenceCount", "affected_devices": "affectedDevices",
        "first_seen_at": "firstSeenAt", "last_seen_at": "lastSeenAt",
    },
    "bugspulse events": {
        "id": "id", "type": "type", "name": "data.name", "at": "timestamp", "sequence_number": "sequenceNumber",
        "data": "data",
    },
    "bugspulse network": {
        "id": "id", "session_id": "sessionId", "method": "method", "url": "url", "status_code": "statusCode",
        "duration_ms": "duration", "error": "error", "at": "timestamp",
    },
    "browserstack sessions": {
        "id": "id", "environment": "environment", "project_id": "projectId", "started_at": "createdAt",
    },
    "devrev sessions": {
        "id": "session_id", "type": "type", "platform": "platform", "user_id": "rev_user_id",
        "rev_org_id": "rev_org_id", "started_at": "created_at", "duration_ms": "session_duration_ms",
        "has_crash": "is_crash", "has_anr": "is_anr", "has_exception": "has_exception_occurred",
        "has_rage_tap": "rage_tap", "recording_ids": "recording_ids", "tab_ids": "tab_ids",
        **{name: f"device_metadata.{theirs}" for name, theirs in _DEVICE.items()},
    },
}  # fmt: skip
"""Each column and what it is upstream, written from the vendors' documents and not from the catalogue."""


def _asked(
    house: House, provider: str, path: str, query: str = "", body: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """What the sandbox answers, without crashgate in between."""
    keys = {
        "bugspulse": f"Bearer {BUGSPULSE_KEY}",
        "browserstack": authorization(f"{PUBLIC_KEY}:{SECRET_KEY}"),
        "devrev": f"Bearer {DEVREV_TOKEN}",
    }
    headers = [(b"authorization", keys[provider].encode()), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "GET" if body is None else "POST",
        "path": f"/{provider}{path}",
        "query_string": query.encode(),
        "headers": headers,
    }
    upstream = getattr(house.session_providers, provider)
    answer = upstream.answer(Request(scope), json.dumps(body).encode() if body is not None else b"")
    assert answer.status_code == 200, answer.body
    found: Mapping[str, Any] = json.loads(answer.body)
    return found


def _runs(house: House) -> Rows:
    """Every page of DevRev's list."""
    rows: Rows = []
    more: dict[str, str] = {}
    while more or not rows:
        body = {"version_key": "com.acme.checkout", "platform": "ios", "type": "mobile", "limit": 100, **more}
        page = _asked(house, "devrev", "/observability.sessions.list", body=body)
        rows += page["sessions"]
        more = {"cursor": page["next_cursor"], "mode": "after"} if page.get("next_cursor") else {}
    return rows


CASES: Mapping[str, tuple[str, Mapping[str, Any], Callable[[House], Rows]]] = {
    "bugspulse sessions": (
        "export_sessions",
        {"connection": "bugspulse"},
        lambda house: _asked(house, "bugspulse", "/export/sessions", "limit=1000")["data"],
    ),
    "bugspulse crashes": (
        "export_crashes",
        {},
        lambda house: _asked(house, "bugspulse", "/export/crashes", "limit=1000")["data"],
    ),
    "bugspulse events": (
        "export_session_events",
        {"session_id": session_id(0)},
        lambda house: _asked(house, "bugspulse", "/export/events", f"sessionId={session_id(0)}")["data"],
    ),
    "bugspulse network": (
        "export_network_logs",
        {},
        lambda house: _asked(house, "bugspulse", "/export/network", "limit=1000")["data"],
    ),
    "browserstack sessions": (
        "export_sessions",
        {"connection": "browserstack"},
        lambda house: _asked(house, "browserstack", "/api/public/sessions", "limit=100")["data"],
    ),
    "devrev sessions": (
        "export_sessions",
        {"connection": "devrev", "app_id": "com.acme.checkout", "platform": "ios"},
        _runs,
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[House]:
    """Nothing upstream changes here; exports only add up."""
    folder = tmp_path_factory.mktemp("house")
    policies = policies_of_all(folder / "policies")
    write_policies(policies, {OTHER: "".join(everything(each) for each in PROVIDERS)})
    async with open_house(folder, policies=policies) as opened:
        yield opened


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _exported(house: House, tool: str, agent: str = OPERATOR, **arguments: object) -> Mapping[str, Any]:
    answer = await house.call(agent, tool, arguments)
    assert answer.error is None, answer
    export: Mapping[str, Any] = answer.content["export"]
    return export


def _file(house: House, export: Mapping[str, Any]) -> bytes:
    name: str = export["file"]
    return (house.settings.state / "exports" / name).read_bytes()


def read_back(data: bytes, format_: str) -> Rows:
    """The rows as a program that knows nothing of us reads them; unknown is None, times are moments."""
    match format_:
        case "jsonl":
            return [_plain(json.loads(line)) for line in data.decode().splitlines()]
        case "csv":
            return [_plain(row) for row in csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True)]
        case _:
            table = parquet.read_table(io.BytesIO(data))  # pyright: ignore[reportUnknownMemberType] - pyarrow has no types
            return [_plain(row) for row in table.to_pylist()]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:  # noqa: ANN401 - a cell of any format
    if value in (None, "", [], {}):
        return None
    if name == "at" or name.endswith("_at"):
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.astimezone(UTC)
    if name in {"data", "recording_ids", "tab_ids"}:
        found = json.loads(value) if isinstance(value, str) else value
        return found or None
    if name.startswith(("has_", "is_")) or name == "handled":
        return {"true": True, "false": False}.get(value, value)
    numbers = name.endswith(("_count", "_ms", "_code", "_number", "_devices", "_width", "_height"))
    return int(value) if numbers else _seen(value.removeprefix("'") if name != "id" else value)


def _seen(text: str) -> str:
    """A text without what no eye sees, and without white space, which cleaning may change."""
    return "".join(char for char in text if char.isprintable() and not char.isspace())


def _theirs(case: str, row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, path in COLUMNS[case].items():
        value: Any = row
        for part in path.split("."):
            value = cast("Mapping[str, Any]", value).get(part) if isinstance(value, dict) else None
        found[name] = _value(name, value)
    return found


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("case", CASES)
async def test_a_file_holds_the_rows_of_the_upstream_whoever_reads_it(house: House, case: str, format_: str) -> None:
    tool, arguments, upstream = CASES[case]
    export = await _exported(house, tool, **arguments, format=format_)
    rows = read_back(_file(house, export), format_)
    wanted = [_theirs(case, row) for row in upstream(house)]

    assert len(rows) == len(wanted) == export["rows"] > 30
    assert list(rows[0]) == [name for name in ABOUT if name in COLUMNS[case]] == export["columns"]
    if case in {"bugspulse events", "bugspulse crashes"}:
        # Hostile texts have invisible letters that Python calls printable; ids tell that the rows are the same.
        rows = [{**row, "data": None, "message": None} for row in rows]
        wanted = [{**row, **{name: None for name in ("data", "message") if name in row}} for row in wanted]
        rows = [{name: value for name, value in row.items() if name in COLUMNS[case]} for row in rows]
    assert rows == wanted


@pytest.mark.parametrize("case", CASES)
async def test_the_agent_gets_a_link_a_summary_and_the_first_rows(house: House, case: str) -> None:
    tool, arguments, _ = CASES[case]
    answer = await house.call(OPERATOR, tool, arguments)
    export = answer.content["export"]
    data = _file(house, export)
    rows = [json.loads(line) for line in data.splitlines()]

    assert (export["bytes"], export["sha256"]) == (len(data), sha256(data).hexdigest())
    assert [(link.uri, link.name, link.size) for link in answer.links] == [
        (f"crashgate://exports/{export['id']}", export["file"], len(data))
    ]
    assert [row["untrusted"]["id"] for row in export["first_rows"]] == [row["id"] for row in rows[:3]]
    assert (
        answer.text
        == f"{len(rows)} rows of {tool.removeprefix('export_').replace('_', ' ')} written to {export['file']}."
    )


async def test_the_manifest_says_what_was_asked_and_which_decisions_allowed_it(house: House) -> None:
    export = await _exported(house, "export_sessions", connection="bugspulse", since="2026-11-01", format="csv")
    text = (house.settings.state / "exports" / f"sessions-{export['id']}.manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text)
    (permission,) = manifest["permissions"]
    (entry,) = [each for each in house.entries if each.decision.record.call == permission["decision"]]

    assert entry.decision.record.policy_hash == permission["policy_hash"]
    assert (entry.decision.record.operation, entry.decision.record.agent) == ("bugspulse.sessions.export", OPERATOR)
    assert entry.outcome is not None
    assert (entry.outcome.record.result, entry.outcome.record.rows) == (Ending.ANSWERED, manifest["rows"])
    assert manifest["query"]["since"] == "2026-11-01"
    # A new one has an end, so that rows which come in meanwhile do not move its pages.
    assert datetime.fromisoformat(manifest["query"]["until"]) <= datetime.now(UTC)
    assert {column["name"]: column["about"] for column in manifest["columns"]}.keys() == {*export["columns"]}
    assert all(len(column["about"]) > 5 for column in manifest["columns"])
    assert (manifest["sha256"], manifest["rows"], manifest["pages"]) == (export["sha256"], export["rows"], 1)


@pytest.mark.parametrize("provider", [each.value for each in PROVIDERS])
async def test_an_export_asks_for_as_many_rows_a_page_as_there_may_be(house: House, provider: str) -> None:
    # The budget is counted in requests.
    tool, arguments, _ = CASES[f"{provider} sessions"]
    export = await _exported(house, tool, **arguments)
    most = {"bugspulse": 1_000, "browserstack": 100, "devrev": 100}[provider]

    assert export["pages"] == -(-export["rows"] // most)


@pytest.mark.threats(26)
async def test_no_cell_of_a_csv_file_is_a_formula_and_json_lines_keep_the_text(house: House) -> None:
    exports = {each: await _exported(house, "export_crashes", format=each) for each in ("csv", "jsonl")}
    cells = [cell for row in csv.reader(io.StringIO(_file(house, exports["csv"]).decode(), newline="")) for cell in row]
    messages = [json.loads(line)["message"] or "" for line in _file(house, exports["jsonl"]).splitlines()]

    assert [cell for cell in cells if cell.lstrip().startswith(FORMULAS)] == []
    assert len([text for text in messages if text.lstrip().startswith(FORMULAS)]) >= 4
    assert exports["csv"]["cells_neutralised"] >= 4
    assert "cells_neutralised" not in exports["jsonl"]


@pytest.mark.threats(3, 21)
async def test_only_the_maker_of_an_export_finds_and_reads_it(house: House) -> None:
    export = await _exported(house, "export_crashes")
    uri = f"crashgate://exports/{export['id']}"
    told: list[str] = []
    for agent, address in (
        (OTHER, uri),
        (OTHER, f"{uri}/0"),
        (READER, uri),
        ("stranger", uri),
        (OPERATOR, "crashgate://exports/" + "0" * 24),
        (OPERATOR, "file:///etc/passwd"),
        (OPERATOR, f"{uri}/../../x"),
    ):
        with pytest.raises(NotAvailableError) as refused:
            await files_in(house.toolbox).read(Principal(agent=agent, via=Via.MEMORY), address)
        told.append(type(refused.value).__name__)
    lists = {agent: await house.call(agent, "list_exports") for agent in (OTHER, OPERATOR)}
    mine = Principal(agent=OPERATOR, via=Via.MEMORY)
    link, data = await files_in(house.toolbox).read(mine, uri)
    sentence = house.sentences[-1]

    assert lists[OTHER].content == {"exports": []}
    assert export["id"] in {each["id"] for each in lists[OPERATOR].content["exports"]}
    assert await files_in(house.toolbox).listed(Principal(agent=OTHER, via=Via.MEMORY)) == ((), None)
    assert uri in {each.uri for each in (await files_in(house.toolbox).listed(mine))[0]}
    assert (link.uri, data) == (uri, _file(house, export))
    assert "read its export" in sentence


async def test_who_may_export_nothing_is_shown_no_list_of_exports(house: House) -> None:
    answers = [(await house.result(READER, tool)).model_dump_json() for tool in ("list_exports", "no_such_tool")]

    assert "list_exports" not in {each.name for each in house.toolbox.listed(READER)}
    assert answers[0] == answers[1]


def _long(pages: int) -> SessionProviders:
    """A BugsPulse with so many pages of sessions."""
    clock = MachineClock()
    usual = SessionProviders.usual(NOW, clock, limited=False)
    pulse = BugsPulse(
        prefix=BUGSPULSE_PREFIX, requests_per_minute=None, sessions=pages * 1_000 - 7, now=NOW, clock=clock
    )
    return SessionProviders(bugspulse=pulse, browserstack=usual.browserstack, devrev=usual.devrev)


async def _interrupted(house: House, tool: str, skip: int, **arguments: object) -> str:
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


@pytest.mark.parametrize("skip", [0, 1, 3])
@pytest.mark.parametrize("format_", FORMATS)
async def test_an_interrupted_export_goes_on_where_it_stopped(tmp_path: Path, format_: str, skip: int) -> None:
    policies = policies_of_all(tmp_path / "policies")
    async with open_house(tmp_path, policies=policies, session_providers=_long(4)) as house:
        until = {"connection": "bugspulse", "until": "2026-11-20T15:00:00Z", "format": format_}
        whole = await _exported(house, "export_sessions", **until)
        house.sandbox.clear()
        export_id = await _interrupted(house, "export_sessions", skip, **until)
        resumed = await _exported(house, "export_sessions", connection="bugspulse", resume=export_id)
        pages = [each.query.partition("page=")[2] or "1" for each in house.requests]
        files = [_file(house, each) for each in (whole, resumed)]
        again = await house.call(OPERATOR, "export_sessions", {"connection": "bugspulse", "resume": export_id})
        manifest = json.loads(
            (house.settings.state / "exports" / f"sessions-{export_id}.manifest.json").read_text(encoding="utf-8")
        )
        known = {entry.decision.record.call: entry.decision.record for entry in house.entries}

    assert [known[each["decision"]].continued for each in manifest["permissions"]] == [False, True]
    assert read_back(files[1], format_) == read_back(files[0], format_)
    assert (resumed["id"], resumed["rows"], resumed["format"]) == (export_id, whole["rows"], format_)
    assert (whole["sha256"] == resumed["sha256"]) is True
    # Only the page that failed was asked for again, and the one after it where that was under way.
    twice = Counter(pages) - Counter("1234")
    assert set(pages) == {*"1234"}
    assert sorted(twice.elements()) in ([str(skip + 1)], [str(skip + 1), str(skip + 2)])
    assert again.error is Code.INVALID_ARGUMENTS


@pytest.mark.parametrize("case", ["devrev sessions", "browserstack sessions"])
async def test_other_providers_exports_go_on_too(tmp_path: Path, case: str) -> None:
    tool, arguments, _ = CASES[case]
    async with open_house(tmp_path, policies=policies_of_all(tmp_path / "policies")) as house:
        whole = await _exported(house, tool, **arguments)
        export_id = await _interrupted(house, tool, whole["pages"] - 1, **arguments)
        given = {name: value for name, value in arguments.items() if name != "environment"}
        resumed = await _exported(house, tool, **given, resume=export_id)

        assert _file(house, resumed) == _file(house, whole)


@pytest.mark.threats(3, 21)
async def test_nobody_else_and_no_other_tool_goes_on_with_an_export(tmp_path: Path) -> None:
    policies = policies_of_all(tmp_path / "policies")
    write_policies(policies, {OTHER: "".join(everything(each) for each in PROVIDERS)})
    async with open_house(tmp_path, policies=policies) as house:
        export_id = await _interrupted(house, "export_sessions", 0, connection="bugspulse")
        house.sandbox.clear()
        made_up = {"connection": "bugspulse", "resume": "0" * 24}
        answers = [
            await house.call(OTHER, "export_sessions", {**made_up, "resume": export_id}),
            await house.call(OTHER, "export_sessions", made_up),
            await house.call(OPERATOR, "export_crashes", {"resume": export_id}),
            await house.call(OPERATOR, "export_sessions", {"connection": "browserstack", "resume": export_id}),
        ]
        sent = list(house.requests)

    assert {(answer.error, answer.text) for answer in answers} == {
        (Code.INVALID_ARGUMENTS, str(InvalidArgumentsError(answers[0].text)))
    }
    assert sent == []


def _narrow_house(folder: Path, more: str, pages: int) -> AbstractAsyncContextManager[House]:
    grants = '[[grant]]\nconnection = "bugspulse"\naccess.session = "read"\n' + more
    return open_house(
        folder, policies=write_policies(folder / "policies", {OPERATOR: grants}), session_providers=_long(pages)
    )


@pytest.mark.threats(23)
async def test_the_policys_limit_of_rows_is_on_the_file_however_many_runs_it_took(tmp_path: Path) -> None:
    # Guards: before in Exports._run; a limit that counted from nothing at each resumption would be none.
    async with _narrow_house(tmp_path, "[limits]\nrows_per_export = 2500\n", 4) as house:
        answers = [await house.call(OPERATOR, "export_sessions", {})]
        (unfinished,) = (await house.call(OPERATOR, "list_exports")).content["exports"]
        answers += [await house.call(OPERATOR, "export_sessions", unfinished["resume_with"]) for _ in range(3)]
        (still,) = (await house.call(OPERATOR, "list_exports")).content["exports"]
        few = await house.call(OPERATOR, "export_sessions", {"since": "2026-11-20T12:00:00Z"})

    assert [answer.error is None for answer in answers] == [False] * 4
    assert all("2500" in answer.text for answer in answers)
    assert still["rows_so_far"] <= 2_500
    assert few.error is None


@pytest.mark.threats(29)
@pytest.mark.parametrize("format_", FORMATS)
async def test_what_the_policy_redacts_is_in_no_file_and_no_first_row(tmp_path: Path, format_: str) -> None:
    async with _narrow_house(tmp_path, '[redact]\nfields = ["user_id"]\n', 1) as house:
        answer = await house.call(OPERATOR, "export_sessions", {"format": format_})
        export = answer.content["export"]
        rows = read_back(_file(house, export), format_)
        listed = await house.call(OPERATOR, "list_sessions", {"per_page": 100})

    assert {row["user_id"] for row in rows} == {None}
    assert export["redacted"] == ["user_id"]
    assert "usr_" not in json.dumps([export["first_rows"], listed.content["sessions"]])


@pytest.mark.threats(31)
@pytest.mark.parametrize("level", ["off", "read"])
async def test_a_policy_that_changes_meanwhile_stops_the_export_unless_it_allows_it_too(
    tmp_path: Path, level: str
) -> None:
    # Guards: _check_again in gateway.door, before every page.
    granted = '[[grant]]\nconnection = "bugspulse"\naccess.session = "{}"\n'
    gate = open_played(
        policy(granted.format("read"), connections=("bugspulse",)), connections=("bugspulse",), folder=tmp_path
    )

    def page(request: Sent) -> Response:
        number = int(request.url.partition("page=")[2] or 1)
        if number == 2:
            other = granted.format(level) + 'access.crash = "read"\n'
            gate.policies.policies = PolicySet([policy(other, connections=("bugspulse",))])
        return ok({"data": [{"id": f"sess_{number}"}], "total": 4, "page": number, "limit": 1, "pages": 4})

    gate.upstream.answers["/export/sessions"] = page
    answer = await gate.call("export_sessions")
    asked = len(gate.upstream.received)

    assert (answer.error, asked) == ((Code.NOT_AVAILABLE, 2) if level == "off" else (None, 4))
    (outcome,) = gate.log.outcomes
    assert outcome.result is (Ending.FAILED if level == "off" else Ending.ANSWERED)
    finished = [path.name for path in files_of(tmp_path) if path.suffix == ".jsonl"]
    assert len(finished) == (0 if level == "off" else 1)


@pytest.mark.threats(31)
@pytest.mark.parametrize("last_allowed", range(1, 6))
async def test_no_page_is_asked_for_after_the_policy_that_allowed_it(tmp_path: Path, last_allowed: int) -> None:
    # Guards: _check_again in gateway.door, for each of the two pages that are under way at once here.
    granted = '[[grant]]\nconnection = "bugspulse"\naccess.session = "{}"\n'
    gate = open_played(
        policy(granted.format("read"), connections=("bugspulse",)), connections=("bugspulse",), folder=tmp_path
    )
    asked: list[int] = []

    def page(request: Sent) -> Response:
        number = int(request.url.partition("page=")[2] or 1)
        asked.append(number)
        if number == last_allowed:
            gate.policies.policies = PolicySet([policy(granted.format("off"), connections=("bugspulse",))])
        return ok({"data": [{"id": f"sess_{number}"}], "total": 9, "page": number, "limit": 1, "pages": 9})

    gate.upstream.answers["/export/sessions"] = page
    answer = await gate.call("export_sessions")

    assert answer.error is Code.NOT_AVAILABLE
    assert asked == list(range(1, last_allowed + 1))


def files_of(folder: Path) -> list[Path]:
    """The finished files of a folder for exports."""
    return sorted(folder.glob("*.*"))


async def test_progress_is_told_page_by_page(tmp_path: Path) -> None:
    told: list[tuple[float, float | None]] = []

    async def watch(done: float, total: float | None, words: str) -> None:
        assert words.startswith("export ")
        told.append((done, total))

    async with _narrow_house(tmp_path, "", 3) as house:
        principal = Principal(agent=OPERATOR, via=Via.MEMORY)
        await house.toolbox.call(principal, "export_sessions", {}, watch)

    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1][0] == told[-1][1]
    assert len(told) == 3
