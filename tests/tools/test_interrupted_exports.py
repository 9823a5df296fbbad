"""Exports that break off: they go on where they stopped, for their maker only (THREATS rows 3, 21 and 23)."""

import json
from collections import Counter
from pathlib import Path

import pytest

from crashgate.errors import Code
from tests.house import OPERATOR, everything, open_house, policies_of_all, write_policies
from tests.house import SESSION_PROVIDERS as PROVIDERS
from tests.tools.export_cases import CASES
from tests.tools.exporting import OTHER, exported, file_of, interrupted, long_bugspulse, narrow_house
from tests.tools.read_back import FORMATS, read_back


@pytest.mark.parametrize("skip", [0, 1, 3])
@pytest.mark.parametrize("format_", FORMATS)
async def test_an_interrupted_export_goes_on_where_it_stopped(tmp_path: Path, format_: str, skip: int) -> None:
    policies = policies_of_all(tmp_path / "policies")
    async with open_house(tmp_path, policies=policies, session_providers=long_bugspulse(4)) as house:
        until = {"connection": "bugspulse", "until": "2026-11-20T15:00:00Z", "format": format_}
        whole = await exported(house, "export_sessions", **until)
        house.sandbox.clear()
        export_id = await interrupted(house, "export_sessions", skip, **until)
        resumed = await exported(house, "export_sessions", connection="bugspulse", resume=export_id)
        pages = [each.query.partition("page=")[2] or "1" for each in house.requests]
        files = [file_of(house, each) for each in (whole, resumed)]
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
        whole = await exported(house, tool, **arguments)
        export_id = await interrupted(house, tool, whole["pages"] - 1, **arguments)
        given = {name: value for name, value in arguments.items() if name != "environment"}
        resumed = await exported(house, tool, **given, resume=export_id)

        assert file_of(house, resumed) == file_of(house, whole)


@pytest.mark.ablation("only its own tool goes on with an export")
@pytest.mark.threats(3, 21)
async def test_nobody_else_and_no_other_tool_goes_on_with_an_export(tmp_path: Path) -> None:
    policies = policies_of_all(tmp_path / "policies")
    write_policies(policies, {OTHER: "".join(everything(each) for each in PROVIDERS)})
    async with open_house(tmp_path, policies=policies) as house:
        export_id = await interrupted(house, "export_sessions", 0, connection="bugspulse")
        house.sandbox.clear()
        made_up = {"connection": "bugspulse", "resume": "0" * 24}
        answers = [
            await house.call(OTHER, "export_sessions", {**made_up, "resume": export_id}),
            await house.call(OTHER, "export_sessions", made_up),
            await house.call(OPERATOR, "export_crashes", {"resume": export_id}),
            await house.call(OPERATOR, "export_sessions", {"connection": "browserstack", "resume": export_id}),
        ]
        sent = list(house.requests)

    told = {(answer.error, answer.content["error"]["message"], answer.content["error"]["remedy"]) for answer in answers}
    assert [error for error, _, _ in told] == [Code.INVALID_ARGUMENTS]
    assert sent == []


@pytest.mark.threats(23)
async def test_the_policys_limit_of_rows_is_on_the_file_however_many_runs_it_took(tmp_path: Path) -> None:
    # Guards: before in Exports._run; a limit that counted from nothing at each resumption would be none.
    async with narrow_house(tmp_path, "[limits]\nrows_per_export = 2500\n", 4) as house:
        answers = [await house.call(OPERATOR, "export_sessions", {})]
        (unfinished,) = (await house.call(OPERATOR, "list_exports")).content["exports"]
        answers += [await house.call(OPERATOR, "export_sessions", unfinished["resume_with"]) for _ in range(3)]
        (still,) = (await house.call(OPERATOR, "list_exports")).content["exports"]
        few = await house.call(OPERATOR, "export_sessions", {"since": "2026-11-20T12:00:00Z"})

    assert [answer.error is None for answer in answers] == [False] * 4
    assert all("2500" in answer.text for answer in answers)
    assert still["rows_so_far"] <= 2_500
    assert few.error is None
