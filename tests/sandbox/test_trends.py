from datetime import timedelta

import pytest

from tests.sandbox.harness import Sandbox

COUNT = "Buckets count must be between 1 and 50"
POINTS = "Too many data points requested. Please use a narrower time range or lower resolution."


@pytest.mark.parametrize("where", ["/projects/checkout-ios", "/projects/checkout-ios/errors/{error}"])
async def test_buckets_of_equal_width_hold_every_event_once(sandbox: Sandbox, where: str) -> None:
    error = sandbox.errors("checkout-ios")[1]
    total = error.events if "{error}" in where else sum(one.events for one in sandbox.errors("checkout-ios"))

    rows = await sandbox.json(f"{where.format(error=error.id)}/trend?buckets_count=5")

    assert len(rows) == 5
    assert sum(row["events_count"] for row in rows) == total
    assert [row["from"] for row in rows[1:]] == [row["to"] for row in rows[:-1]]
    assert rows[-1]["to"] >= "2026-11-20T15:30:00Z"


async def test_a_trend_begins_one_second_before_the_first_event(sandbox: Sandbox) -> None:
    error = sandbox.errors("checkout-ios")[0]

    rows = await sandbox.json(f"/projects/checkout-ios/errors/{error.id}/trend?buckets_count=1")

    assert rows[0]["from"] == (error.first_seen - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_a_resolution_gives_buckets_on_round_times(sandbox: Sandbox) -> None:
    error = sandbox.errors("checkout-ios")[0]

    rows = await sandbox.json(f"/projects/checkout-ios/errors/{error.id}/trend?resolution=12h")

    assert {row["from"][10:] for row in rows} <= {"T00:00:00Z", "T12:00:00Z"}
    assert sum(row["events_count"] for row in rows) == error.events


async def test_filters_choose_the_stretch_and_the_events(sandbox: Sandbox) -> None:
    since = "filters[event.since][][type]=eq&filters[event.since][][value]=2d"

    rows = await sandbox.json(f"/projects/checkout-ios/trend?buckets_count=2&{since}")
    events = await sandbox.get(f"/projects/checkout-ios/events?{since}")

    assert [row["from"] for row in rows] == ["2026-11-18T15:30:00Z", "2026-11-19T15:30:00Z"]
    assert sum(row["events_count"] for row in rows) == int(events.headers["x-total-count"])


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", COUNT),
        ("?buckets_count=0", COUNT),
        ("?buckets_count=51", COUNT),
        ("?buckets_count=many", COUNT),
        ("?resolution=3h", "Resolution is not included in the list"),
        ("?resolution=5m", POINTS),
    ],
)
async def test_a_trend_that_cannot_be_drawn_is_a_400(sandbox: Sandbox, query: str, message: str) -> None:
    answer = await sandbox.get(f"/projects/checkout-ios/trend{query}")

    assert (answer.status_code, answer.json()) == (400, {"errors": [message]})


async def test_no_events_give_no_buckets(sandbox: Sandbox) -> None:
    nobody = "filters[user.id][][type]=eq&filters[user.id][][value]=nobody"

    assert await sandbox.json(f"/projects/checkout-ios/trend?buckets_count=5&{nobody}") == []


async def test_a_trend_has_neither_total_nor_link(sandbox: Sandbox) -> None:
    answer = await sandbox.get("/projects/checkout-ios/trend?buckets_count=5")

    assert not {"link", "x-total-count"} & set(answer.headers)
