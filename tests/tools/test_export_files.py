"""Exports through the tools: the file is the rows of the upstream, each of them once, and its maker's alone."""

import csv
import io
import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
import pytest_asyncio

from crashgate.audit.record import Ending
from crashgate.errors import NotAvailableError
from crashgate.identity import Principal, Via
from tests.house import OPERATOR, READER, House, everything, open_house, policies_of_all, write_policies
from tests.house import SESSION_PROVIDERS as PROVIDERS
from tests.tools.export_cases import CASES, COLUMNS, wanted_row
from tests.tools.exporting import OTHER, exported, file_of, narrow_house
from tests.tools.played import files_in
from tests.tools.read_back import FORMATS, read_back

FORMULAS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[House]:
    """Nothing upstream changes here; exports only add up."""
    folder = tmp_path_factory.mktemp("house")
    policies = policies_of_all(folder / "policies")
    write_policies(policies, {OTHER: "".join(everything(each) for each in PROVIDERS)})
    async with open_house(folder, policies=policies) as opened:
        yield opened


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("case", CASES)
async def test_a_file_holds_the_rows_of_the_upstream_whoever_reads_it(house: House, case: str, format_: str) -> None:
    tool, arguments, upstream = CASES[case]
    export = await exported(house, tool, **arguments, format=format_)
    rows = read_back(file_of(house, export), format_)
    wanted = [wanted_row(case, row) for row in upstream(house)]

    assert len(rows) == len(wanted) == export["rows"] > 30
    assert list(rows[0]) == export["columns"]
    assert set(export["columns"]) == set(COLUMNS[case])
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
    data = file_of(house, export)
    rows = [json.loads(line) for line in data.splitlines()]

    assert (export["bytes"], export["sha256"]) == (len(data), sha256(data).hexdigest())
    assert [(link.uri, link.name, link.size) for link in answer.links] == [
        (f"crashgate://exports/{export['id']}", export["file"], len(data))
    ]
    assert [row["untrusted"]["id"] for row in export["first_rows"]] == [row["id"] for row in rows[:3]]
    written = f"{len(rows)} rows of {tool.removeprefix('export_').replace('_', ' ')} written to {export['file']}."
    assert answer.text.startswith(written)


async def test_the_manifest_says_what_was_asked_and_which_decisions_allowed_it(house: House) -> None:
    export = await exported(house, "export_sessions", connection="bugspulse", since="2026-11-01", format="csv")
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


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_an_export_asks_for_as_many_rows_a_page_as_there_may_be(house: House, provider: str) -> None:
    # The budget is counted in requests.
    tool, arguments, _ = CASES[f"{provider} sessions"]
    export = await exported(house, tool, **arguments)
    most = {"bugspulse": 1_000, "browserstack": 100, "devrev": 100}[provider]

    assert export["pages"] == -(-export["rows"] // most)


@pytest.mark.threats(26)
async def test_no_cell_of_a_csv_file_is_a_formula_and_json_lines_keep_the_text(house: House) -> None:
    exports = {each: await exported(house, "export_crashes", format=each) for each in ("csv", "jsonl")}
    cells = [
        cell for row in csv.reader(io.StringIO(file_of(house, exports["csv"]).decode(), newline="")) for cell in row
    ]
    messages = [json.loads(line)["message"] or "" for line in file_of(house, exports["jsonl"]).splitlines()]

    assert [cell for cell in cells if cell.lstrip().startswith(FORMULAS)] == []
    assert len([text for text in messages if text.lstrip().startswith(FORMULAS)]) >= 4
    assert exports["csv"]["cells_neutralised"] >= 4
    assert "cells_neutralised" not in exports["jsonl"]


@pytest.mark.threats(3, 21)
async def test_only_the_maker_of_an_export_finds_and_reads_it(house: House) -> None:
    export = await exported(house, "export_crashes")
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
    assert (link.uri, data) == (uri, file_of(house, export))
    assert "read its export" in sentence


async def test_who_may_export_nothing_is_shown_no_list_of_exports(house: House) -> None:
    answers = [(await house.result(READER, tool)).model_dump_json() for tool in ("list_exports", "list_exports_")]

    assert "list_exports" not in {each.name for each in house.toolbox.listed(READER)}
    assert answers[0] == answers[1]


@pytest.mark.threats(29)
@pytest.mark.parametrize("format_", FORMATS)
async def test_what_the_policy_redacts_is_in_no_file_and_no_first_row(tmp_path: Path, format_: str) -> None:
    async with narrow_house(tmp_path, '[redact]\nfields = ["user_id"]\n', 1) as house:
        answer = await house.call(OPERATOR, "export_sessions", {"format": format_})
        export = answer.content["export"]
        rows = read_back(file_of(house, export), format_)
        listed = await house.call(OPERATOR, "list_sessions", {"per_page": 100})

    assert {row["user_id"] for row in rows} == {None}
    assert export["redacted"] == ["user_id"]
    assert "usr_" not in json.dumps([export["first_rows"], listed.content["sessions"]])


async def test_progress_is_told_page_by_page(tmp_path: Path) -> None:
    told: list[tuple[float, float | None]] = []

    async def watch(done: float, total: float | None, words: str) -> None:
        assert words.startswith("export ")
        told.append((done, total))

    async with narrow_house(tmp_path, "", 3) as house:
        principal = Principal(agent=OPERATOR, via=Via.MEMORY)
        await house.toolbox.call(principal, "export_sessions", {}, watch)

    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1][0] == told[-1][1]
    assert len(told) == 3
