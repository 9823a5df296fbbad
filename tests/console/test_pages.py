import json
import re

import pytest

from crashgate.gate.approval_requests import Standing, Way
from tests.console.conftest import Console, ask


async def test_activity_lists_calls_newest_first_with_links_to_their_records(console: Console) -> None:
    await console.enter()
    calls = (await console.client.get("/activity.json")).json()["calls"]

    assert calls[0]["tool"] == "my_access"
    assert [each["at"] for each in calls] == sorted((each["at"] for each in calls), reverse=True)
    record = (await console.client.get(calls[0]["record"].replace("/record?", "/record.json?"))).json()
    assert (record["sentence"], record["record"]["tool"]) == (calls[0]["sentence"], "my_access")


@pytest.mark.parametrize(("agent", "where"), [("operator", ""), ("triage-agent", "some places")])
async def test_the_matrix_says_where_a_level_holds_in_some_places_only(
    console: Console, agent: str, where: str
) -> None:
    await console.enter()
    matrix = (await console.client.get("/access.json")).json()
    table = next(each for each in matrix["connections"] if each["connection"] == "bugsnag")
    row = next(each for each in table["agents"] if each["agent"] == agent)

    assert next(each for each in row["cells"] if each["resource"] == "error")["where"] == where


@pytest.mark.parametrize(
    ("query", "tools"),
    [
        ("decision=deny", {"delete_error", "list_errors"}),
        ("agent=read-only-assistant", {"my_access"}),
        ("tool=delete_error", {"delete_error"}),
        ("since=2999-01-01", set[str]()),
    ],
)
async def test_filters_are_links_and_narrow_what_is_listed(console: Console, query: str, tools: set[str]) -> None:
    await console.enter()
    page = await console.client.get(f"/activity?{query}")
    calls = (await console.client.get(f"/activity.json?{query}")).json()["calls"]

    assert {each["tool"] for each in calls} == tools
    assert page.text.count('class="time"') == len(calls)


@pytest.mark.parametrize("query", ["since=soon", "decision=maybe", "agent=" + "x" * 201, "before=x", "before=2026~x~y"])
async def test_a_filter_that_cannot_be_meant_is_told_so(console: Console, query: str) -> None:
    await console.enter()

    assert (await console.client.get(f"/activity?{query}")).status_code == 400


async def test_pages_follow_each_other_without_a_gap(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    await console.enter()
    whole = (await console.client.get("/activity.json")).json()["calls"]
    monkeypatch.setattr("crashgate.console.activity._ROWS", 2)
    read, following = [], "/activity"
    while following:
        page = (await console.client.get(following.replace("/activity", "/activity.json"))).json()
        read += page["calls"]
        following = page["next"]

    assert read == whole


@pytest.mark.ablation("a page reads so many calls and no more")
async def test_a_page_reads_so_many_calls_and_says_where_to_go_on(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    await console.enter()
    monkeypatch.setattr("crashgate.console.activity._MOST_READ", 2)
    page = (await console.client.get("/activity.json?reason=nothing")).json()

    assert (page["calls"], bool(page["next"])) == ([], True)


async def test_what_is_filtered_can_be_downloaded(console: Console) -> None:
    await console.enter()
    told = [each["sentence"] for each in (await console.client.get("/activity.json?decision=deny")).json()["calls"]]
    lines = (await console.client.get("/activity.jsonl?decision=deny")).text.splitlines()
    table = (await console.client.get("/activity.csv?decision=deny")).text.splitlines()

    assert [json.loads(line)["sentence"] for line in lines] == told
    assert len(table) == 1 + len(told)


@pytest.mark.ablation("a download is so long and no longer")
async def test_a_download_has_so_many_calls_and_no_more(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    await console.enter()
    monkeypatch.setattr("crashgate.console.activity._MOST_DOWNLOADED", 2)

    assert (await console.client.get("/activity.jsonl")).text.count("\n") == 2


async def test_a_record_shows_the_look_ups_of_its_call(console: Console) -> None:
    await console.enter()
    calls = (await console.client.get("/activity.json?tool=delete_error")).json()["calls"]
    call = next(each for each in calls if each["word"] != "look-up")
    record = (await console.client.get(call["record"].replace("/record?", "/record.json?"))).json()

    assert {each["word"] for each in record["look_ups"]} <= {"look-up"}
    assert (await console.client.get(call["record"])).status_code == 200


async def test_a_record_that_is_not_there_is_not_found(console: Console) -> None:
    await console.enter()

    for query in ("", "chain=main&seq=999999", "chain=main&seq=x", "chain=main&seq=" + "9" * 30):
        assert (await console.client.get(f"/record?{query}")).status_code == 404


async def test_a_cell_of_the_matrix_names_the_line_that_decides(console: Console) -> None:
    await console.enter()
    matrix = (await console.client.get("/access.json")).json()
    table = next(each for each in matrix["connections"] if each["connection"] == "bugsnag")
    row = next(each for each in table["agents"] if each["agent"] == "triage-agent")
    cell = next(each for each in row["cells"] if each["resource"] == "error")
    told = (await console.client.get(cell["page"].replace("/cell?", "/cell.json?"))).json()

    assert told["level"] == cell["level"] != "off"
    assert re.search(r"Decided by policies/triage-agent\.toml, line \d+\.", told["answers"][0])
    assert (await console.client.get(cell["page"])).status_code == 200


async def test_a_yes_approves_in_the_name_of_the_operator(console: Console) -> None:
    await console.enter()
    request = await ask(console)
    answer = await console.send(f"/approvals/{request.id}", answer="yes", form_key=await console.form_key())
    found = await console.approvals.find(request.id)

    assert answer.status_code == 303
    assert found is not None
    assert (found.standing, found.answered_by, found.way) == (Standing.APPROVED, "olga", Way.CONSOLE)


async def test_of_two_answers_the_first_counts_and_the_other_is_told(console: Console) -> None:
    await console.enter()
    request, key = await ask(console), await console.form_key()
    await console.send(f"/approvals/{request.id}", answer="no", form_key=key)
    late = await console.send(f"/approvals/{request.id}", answer="yes", form_key=key)
    found = await console.approvals.find(request.id)

    assert (late.status_code, "does not wait for an answer any more" in late.text) == (409, True)
    assert found is not None
    assert found.standing is Standing.REJECTED


@pytest.mark.parametrize("answered", ["", "maybe"])
async def test_an_answer_is_yes_or_no(console: Console, answered: str) -> None:
    await console.enter()
    request = await ask(console)
    answer = await console.send(f"/approvals/{request.id}", answer=answered, form_key=await console.form_key())
    found = await console.approvals.find(request.id)

    assert answer.status_code == 400
    assert found is not None
    assert found.standing is Standing.PENDING


@pytest.mark.threats(61)
@pytest.mark.ablation("a text of a page is escaped", "a text of a page is cleaned")
async def test_hostile_text_is_shown_as_text(console: Console) -> None:
    await console.enter()
    await ask(console)
    page = (await console.client.get("/approvals")).text
    filtered = (await console.client.get("/activity", params={"agent": '"><script>pwned=1</script>\u202e'})).text

    for text in (page, filtered):
        assert "<script" not in text
        assert "<img" not in text
        assert "\u202e" not in text
    assert page.count("&lt;script&gt;") >= 4


async def test_pages_use_no_script_no_inline_style_and_no_other_origin(console: Console) -> None:
    await console.enter()
    await ask(console)
    for path in ("/overview", "/activity", "/access", "/approvals", "/sign-in"):
        page = (await console.client.get(path)).text

        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=\"", page)
        assert set(re.findall(r'(?:href|src|action)="([a-z]+:|//)', page)) == set()


async def test_overview_needs_no_log(console: Console) -> None:
    await console.enter()
    for path in console.settings.state.rglob("*log*"):
        if path.is_file():
            path.unlink()
    answer = await console.client.get("/overview")

    assert answer.status_code == 200
