"""Span groups and spans as agents get them, from the sandbox."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crashgate.errors import Code
from tests.house import OPERATOR, House, open_house, write_policies
from tests.tools.counting import tokens

IOS = {"project_id": "checkout-ios"}
SHEET = "1.view_load.UIKit/PaymentSheetViewController"
GRANT = (
    '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\naccess.span_group = "read"\naccess.span = "read"\n'
)
PEOPLE = f'{GRANT}[redact]\nsets = ["people"]\n'
LAST_SEEN = f'{GRANT}[redact]\nfields = ["last_seen"]\n'


async def asked(house: House, tool: str, **arguments: object) -> Mapping[str, Any]:
    answer = await house.call(OPERATOR, tool, {**IOS, **arguments})
    assert answer.error is None, answer.text
    return answer.content


async def test_the_slowest_groups_cost_at_most_1500_tokens(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        content = await asked(house, "list_span_groups", sort="duration_p95", per_page=10)

    rows = content["performance"]
    assert tokens(dict(content)) <= 1_500
    assert [row["p95"] for row in rows] == sorted((row["p95"] for row in rows), reverse=True)


async def test_of_one_group_there_is_the_whole_its_timeline_and_its_distribution(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        parts = {
            show: (await asked(house, "list_span_groups", span_group_id=SHEET, show=show))["performance"]
            for show in ("group", "timeline", "distribution")
        }

    (group,) = parts["group"]
    assert group["untrusted"]["id"] == SHEET
    assert group["total_spans"] == sum(each.get("total_spans", 0) for each in parts["timeline"])
    assert group["total_spans"] == sum(each["total_spans"] for each in parts["distribution"])


async def test_the_slowest_span_leads_to_its_trace(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        slowest = (await asked(house, "list_spans", span_group_id=SHEET, per_page=3))["spans"]
        trace = (await asked(house, "list_spans", trace_id=slowest[0]["trace_id"]))["spans"]

    durations = [each["duration"] for each in slowest]
    assert durations == sorted(durations, reverse=True)
    assert {each["category"] for each in trace} == {"view_load", "network", "custom"}


async def test_times_are_taken_as_people_write_them(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        for since in ("48h", "2 days ago", "2026-11-19T00:00:00Z", "since yesterday"):
            await asked(house, "list_span_groups", span_filters={"span.since": since})
        wrong = await house.call(OPERATOR, "list_span_groups", {**IOS, "span_filters": {"span.since": "soon"}})

    assert wrong.error is Code.INVALID_ARGUMENTS


@pytest.mark.parametrize("bad", ["../x", "AppStart", "1.app_start.", "1.app_start.a\nb", "1.app_start." + "x" * 401])
async def test_a_malformed_span_group_is_told_with_an_example(tmp_path: Path, bad: str) -> None:
    async with open_house(tmp_path) as house:
        answer = await house.call(OPERATOR, "list_span_groups", {**IOS, "show": "group", "span_group_id": bad})

    assert answer.error is Code.INVALID_ARGUMENTS
    assert "span_group_id" in answer.text


@pytest.mark.threats(38)
@pytest.mark.ablation("a trace field that is not listed reads all of a span")
async def test_a_filter_that_reads_what_is_redacted_is_refused(tmp_path: Path) -> None:
    policies = write_policies(tmp_path / "policies", {"people": PEOPLE, "seen": LAST_SEEN})
    async with open_house(tmp_path, policies=policies) as house:
        by_plan = {**IOS, "span_filters": {"account.plan": "plus"}}
        since = {**IOS, "span_filters": {"span.since": "24h"}}

        assert (await house.call("people", "list_span_groups", by_plan)).error is Code.INVALID_ARGUMENTS
        assert (await house.call("people", "list_span_groups", since)).error is None
        assert (await house.call("seen", "list_span_groups", since)).error is Code.INVALID_ARGUMENTS
