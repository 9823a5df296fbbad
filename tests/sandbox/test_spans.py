"""Performance monitoring in the sandbox: what the document says of the routes, and the story that the world tells."""

import pytest

from tests.model.performance_shapes import PERFORMANCE_SCHEMAS, PERFORMANCE_WORDS
from tests.sandbox.harness import Sandbox
from tests.sandbox.test_shapes import Shapes

IOS = "/projects/checkout-ios"
SHEET = "1.view_load.UIKit%2FPaymentSheetViewController"
INTENT = "1.network.POST-payments.acme.example%2Fv1%2Fintents"
NEWEST, BEFORE = "4.18.0", "4.17.0"


def release(version: str) -> str:
    return f"filters[app.version][][type]=eq&filters[app.version][][value]={version}"


async def test_every_answer_has_the_documented_fields_and_no_wrong_one(sandbox: Sandbox) -> None:
    others: dict[str, list[str]] = {"ErrorUpdateReopenRulesReopenIfEnum": [], "FilterMatchType": []}
    document = Shapes({"schemas": PERFORMANCE_SCHEMAS, "enums": {**others, **PERFORMANCE_WORDS}})
    for schema, path in {
        "SpanGroup": "/span_groups",
        "SpanGroupTimelinePoint": f"/span_groups/{SHEET}/timeline",
        "SpanGroupDistributionPoint": f"/span_groups/{SHEET}/distribution",
        "TraceField": "/trace_fields",
        "Span": f"/span_groups/{INTENT}/spans",
    }.items():
        for row in await sandbox.json(IOS + path):
            document.check(schema, row)
    document.check("SpanGroup", await sandbox.json(f"{IOS}/span_groups/{SHEET}"))
    document.check("ProjectNetworkGroupingRuleset", await sandbox.json(f"{IOS}/network_endpoint_grouping"))

    unseen = {"category_statistics", "rendering_statistics", "system_metrics_statistics", "system_metric_statistics"}
    never = {(schema, field) for schema, rules in PERFORMANCE_SCHEMAS.items() for field in rules if field in unseen}
    document.assert_all(*PERFORMANCE_SCHEMAS, never=never | {("Span", "virtual_span_group_id")})


async def test_one_screen_and_one_request_got_slower_in_the_newest_release_and_nothing_else(sandbox: Sandbox) -> None:
    newer, older = [
        {row["id"]: row["statistics"] for row in await sandbox.json(f"{IOS}/span_groups?{release(version)}")}
        for version in (NEWEST, BEFORE)
    ]
    slower = {
        group
        for group, now in newer.items()
        if now["total_spans"] > 50
        and now["duration_statistics"]["p50"] > 1.3 * older[group]["duration_statistics"]["p50"]
    }

    assert slower == {"1.view_load.UIKit/PaymentSheetViewController", "1.network.POST-payments.acme.example/v1/intents"}
    assert newer["1.view_load.UIKit/RefundViewController"]["total_spans"] < 20


async def test_a_timeline_and_a_distribution_hold_every_span_of_the_group(sandbox: Sandbox) -> None:
    total = (await sandbox.json(f"{IOS}/span_groups/{SHEET}"))["statistics"]["total_spans"]
    points = await sandbox.json(f"{IOS}/span_groups/{SHEET}/timeline")
    buckets = await sandbox.json(f"{IOS}/span_groups/{SHEET}/distribution")

    assert sum(each["statistics"]["total_spans"] for each in points if "statistics" in each) == total
    assert sum(each["total_spans"] for each in buckets) == total


async def test_a_trace_has_its_screen_its_requests_and_its_phases(sandbox: Sandbox) -> None:
    (slowest, *_) = await sandbox.json(f"{IOS}/span_groups/{SHEET}/spans?sort=duration&per_page=1")
    at = slowest["timestamp"]
    spans = await sandbox.json(f"{IOS}/traces/{slowest['trace_id']}/spans?from={at}&to={at}")

    assert [each["category"] for each in spans] == ["view_load", "custom", "network"]
    assert {each.get("parent_span_id") for each in spans} == {None, slowest["id"]}


async def test_pages_of_spans_follow_links_and_hold_each_span_once(sandbox: Sandbox) -> None:
    pages = await sandbox.pages(f"{IOS}/span_groups/{SHEET}/spans?per_page=100&{release(NEWEST)}")
    found = [each["id"] for page in pages for each in page]
    total = (await sandbox.json(f"{IOS}/span_groups/{SHEET}?{release(NEWEST)}"))["statistics"]["total_spans"]

    assert len(found) == len(set(found)) == total


async def test_a_group_without_spans_has_empty_statistics(sandbox: Sandbox) -> None:
    found = await sandbox.json("/projects/payments-api/span_groups/1.app_start.AppStart%2FCold")

    assert (found["statistics"], await sandbox.json("/projects/payments-api/span_groups")) == ({}, [])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "/span_groups?filters[colour][][type]=eq&filters[colour][][value]=x",
            "Invalid Filter: invalid filter key: colour",
        ),
        ("/span_groups/AppStart", "invalid span group id"),
        ("/traces/ab/spans", "from and to must be supplied"),
    ],
)
async def test_what_is_malformed_is_refused_in_the_documented_words(sandbox: Sandbox, path: str, message: str) -> None:
    answer = await sandbox.get(IOS + path)

    assert (answer.status_code, answer.json()) == (400, {"errors": [message]})


async def test_the_grouping_is_replaced_as_a_whole(sandbox: Sandbox) -> None:
    wanted = ["*.acme.example/users/{id}"]
    answer = await sandbox.client.put(f"{IOS}/network_endpoint_grouping", json={"endpoints": wanted})
    wrong = await sandbox.client.put(f"{IOS}/network_endpoint_grouping", json={"endpoints": "all"})

    assert answer.json()["endpoints"] == wanted
    assert (await sandbox.json(f"{IOS}/network_endpoint_grouping"))["endpoints"] == wanted
    assert (wrong.status_code, wrong.json()) == (400, {"errors": ["Endpoints must contain an array of values"]})
