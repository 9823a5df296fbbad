"""The MCP App: a page of ours that shows an answer as a chart and tables, in clients that render such pages."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mcp_types import TextResourceContents

from crashgate.errors import Code
from crashgate.mcp import app, render
from crashgate.tools.call_result import Answer
from tests.catalogue import BY_NAME
from tests.house import OPERATOR, TRIAGE, House, open_house
from tests.mcp.asked import ERAS
from tests.mcp.browser import Seen, show
from tests.mcp.test_prompts import open_client
from tests.system.served import Era

HOSTILE = "<img src=x onerror='parent.pwned=true'></script><script>parent.pwned=true</script>"


async def result(house: House, tool: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a client passes to the page: the result of a call as it travels."""
    found = await house.result(OPERATOR, tool, arguments)
    assert found.is_error is False, found.content
    return found.model_dump(mode="json", by_alias=True, exclude_none=True)


def rows(seen: Seen) -> int:
    return seen.html.count("<tr>")


@pytest.mark.parametrize("era", ERAS)
async def test_tools_with_figures_name_the_page_and_no_others_do(tmp_path: Path, era: Era) -> None:
    async with open_client(tmp_path, TRIAGE, era) as (_, client):
        tools = (await client.list_tools()).tools

    assert {each.name for each in tools if each.meta is not None} == {
        each.name for each in tools if each.name in app.TOOLS
    }
    assert {json.dumps(each.meta) for each in tools if each.meta} == {
        '{"ui": {"resourceUri": "ui://crashgate/charts.html"}}'
    }
    assert BY_NAME.keys() >= app.TOOLS


@pytest.mark.parametrize("era", ERAS)
async def test_the_page_is_read_like_a_resource_and_needs_no_call(tmp_path: Path, era: Era) -> None:
    async with open_client(tmp_path, TRIAGE, era) as (house, client):
        (contents,) = (await client.read_resource(app.URI)).contents
        extensions = client.server_capabilities.extensions
        entries = house.entries

    assert isinstance(contents, TextResourceContents)
    assert (contents.uri, contents.mime_type) == (app.URI, "text/html;profile=mcp-app")
    assert contents.meta == {"ui": {"csp": {"connectDomains": [], "resourceDomains": []}, "prefersBorder": True}}
    assert contents.text == app.page()
    assert extensions in ({"io.modelcontextprotocol/ui": {}}, None)
    assert entries == []


def test_the_page_is_one_file_that_names_no_other() -> None:
    page = app.page()

    assert re.findall(r"https?://[^\"]*", page) == ["http://www.w3.org/2000/svg"]  # the name of a format
    assert re.findall(r"(?<![\w-])(?:src|href|import|fetch|innerHTML|eval)\b", page) == []
    assert page.startswith("<!DOCTYPE html>")
    assert len(page) < 20_000
    assert re.search(
        r"content=\"default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; base-uri 'none';"
        r" form-action 'none'\"",
        page,
    )


async def test_a_trend_is_a_chart_with_a_bar_for_each_bucket_and_a_table(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        told = await result(house, "get_trend", {"project_id": "checkout-ios", "buckets_count": 7})
    seen = show(tmp_path, app.page(), told)
    buckets: Any = told["structuredContent"]["buckets"]

    assert seen.html.count("<rect") == len(buckets) == 7
    assert rows(seen) == len(buckets) + 1
    assert told["content"][0]["text"] in seen.text
    assert all(f"{each['events_count']:,}" in seen.text for each in buckets)


async def test_a_stability_trend_is_a_line_over_its_days(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        told = await result(house, "get_stability_trend", {"project_id": "checkout-ios"})
    seen = show(tmp_path, app.page(), told, theme="dark")
    days: Any = told["structuredContent"]["stability_trend"]["days"]

    assert (seen.html.count("<path"), seen.html.count("<circle")) == (1, len(days))
    assert str(days[-1][-1]) in seen.text


async def test_a_comparison_shows_both_sides_the_target_and_the_errors(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        told = await result(house, "compare_releases", {"project_id": "checkout-ios", "release": "4.18.0"})
    seen = show(tmp_path, app.page(), told)
    comparison: Any = told["structuredContent"]["comparison"]

    assert seen.html.count("<rect") == 2
    assert 'class="target"' in seen.html
    assert '<p class="bad">Worse</p>' in seen.html
    for error in (*comparison["errors_introduced"], *comparison["errors_risen"]):
        assert error["id"] in seen.text


def test_what_is_new_is_counted_by_kind_and_shown_by_project(tmp_path: Path) -> None:
    news = {
        "since": "2026-11-19T15:30:00Z",
        "projects": [
            {
                "project": "checkout-ios",
                "new": {"count": 4, "errors": [{"id": "5f1", "events": 12, "untrusted": {"error_class": "NSRange"}}]},
                "risen": {"count": 2, "errors": [{"id": "5f2", "events_a_day": {"now": 9.5, "before": 1.2}}]},
                "releases": {"count": 1, "newest": [{"id": "5f3", "untrusted": {"app_version": "4.18.0"}}]},
                "stability": {"verdict": "worse", "now": 0.98704, "sessions": 93230, "before": 0.9971},
            },
            {"project": "checkout-web", "new": {"count": 1}},
        ],
    }
    told = {"structuredContent": {"whats_new": news}, "content": [{"type": "text", "text": "5 new errors."}]}
    seen = show(tmp_path, app.page(), told)

    assert seen.html.count("<rect") == 4 + 2
    assert re.findall(r">(\d+)</text>", seen.html) == ["5", "2", "0", "0"]
    for words in (
        "New (4)",
        "Risen (2)",
        "Releases (1)",
        "checkout-ios",
        "checkout-web",
        "4.18.0",
        "98.70 %",
        "99.71 %",
    ):
        assert words in seen.text


async def test_what_is_new_in_all_projects_names_each_of_them(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        told = await result(house, "whats_new", {"since": "30d"})
    seen = show(tmp_path, app.page(), told)
    projects: Any = told["structuredContent"]["whats_new"]["projects"]

    assert len(projects) > 1
    for project in projects:
        assert project["project"] in seen.text
        for kind in ("new", "risen", "came_back", "gone_quiet"):
            assert all(each["id"] in seen.text for each in project.get(kind, {}).get("errors", ()))


async def test_any_other_answer_is_shown_as_tables(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        told = await result(house, "list_errors", {"project_id": "checkout-ios", "per_page": 5})
    seen = show(tmp_path, app.page(), told)

    assert all(each["id"] in seen.text for each in told["structuredContent"]["errors"])
    assert 'class="outsiders"' in seen.html
    assert "What is in italics was written by app users or outsiders." in seen.text


@pytest.mark.threats(6)
def test_hostile_text_is_shown_as_text_and_nothing_else_can_run_or_be_loaded(tmp_path: Path) -> None:
    content = {
        "buckets": [{"from": HOSTILE, "events_count": 3, "untrusted": {HOSTILE: HOSTILE}}],
        "__proto__": {"x": HOSTILE},
    }
    told = render.answer(Answer(content=content, text=HOSTILE)).model_dump(mode="json", by_alias=True)
    seen = show(tmp_path, app.page(), told, attack=True)

    assert seen.pwned is False
    assert seen.text.count("<img src=x onerror='parent.pwned=true'>") >= 3
    assert "<img" not in seen.html
    # What the test itself put into the page was stopped by the page's own policy.
    assert {"script-src-elem", "script-src-attr", "img-src"} <= set(seen.blocked)


def test_what_is_shown_is_bounded(tmp_path: Path) -> None:
    many = [{"from": "x" * 10_000, "events_count": each} for each in range(5_000)]
    seen = show(tmp_path, app.page(), {"structuredContent": {"buckets": many}, "content": []})

    assert rows(seen) == 51
    assert seen.html.count("<rect") == 200
    assert "4,950 more rows" in seen.text or "4950 more rows" in seen.text
    assert len(seen.html) < 200_000


@pytest.mark.parametrize(("theme", "dark"), [("light", False), ("dark", True)])
def test_the_page_takes_the_clients_theme(tmp_path: Path, theme: str, *, dark: bool) -> None:
    seen = show(tmp_path, app.page(), {"structuredContent": {"count": 1}, "content": []}, theme=theme)
    back, text = (sum(map(int, re.findall(r"\d+", each)[:3])) for each in seen.colours)

    assert (back < text) is dark


def test_an_error_is_its_sentence_alone(tmp_path: Path) -> None:
    told = render.answer(Answer(content={"error": {}}, text="Refused.", error=Code.NOT_AVAILABLE))
    seen = show(tmp_path, app.page(), told.model_dump(mode="json", by_alias=True))

    assert seen.text.strip() == "Refused."


def test_the_page_speaks_the_protocol_and_asks_the_client_for_nothing(tmp_path: Path) -> None:
    seen = show(tmp_path, app.page(), {"structuredContent": {"count": 1}, "content": []})
    methods = [each["method"] for each in seen.heard if "method" in each]
    answers = {each["id"]: each for each in seen.heard if "method" not in each}

    (hello,) = seen.said("ui/initialize")
    assert hello["params"] == {
        "protocolVersion": "2026-01-26",
        "appInfo": {"name": "crashgate", "version": "1"},
        "appCapabilities": {"availableDisplayModes": ["inline"]},
    }
    assert set(methods) == {"ui/initialize", "ui/notifications/initialized", "ui/notifications/size-changed"}
    assert seen.said("ui/notifications/size-changed")[-1]["params"]["height"] > 0
    assert (answers[1]["result"], answers[2]["error"]["code"], answers[3]["result"]) == ({}, -32601, {})
