from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from crashgate_sandbox.bugsnag.call import Manners
from crashgate_sandbox.world.occurrences import Occurrence
from tests.sandbox.harness import Sandbox, Start

ON_ERROR, ON_PROJECT = "/projects/checkout-ios/errors/{error}", "/projects/checkout-ios"
NO_VALUES = {"errors": ["Pivot Value not found"]}


def events(sandbox: Sandbox, where: str) -> list[Occurrence]:
    errors = sandbox.errors("checkout-ios")
    return [one for error in (errors[:1] if where == ON_ERROR else errors) for one in sandbox.world.occurrences(error)]


def at(sandbox: Sandbox, where: str) -> str:
    return where.format(error=sandbox.errors("checkout-ios")[0].id)


async def pivot(sandbox: Sandbox, where: str, name: str, more: str = "") -> dict[str, Any]:
    rows = await sandbox.json(f"{at(sandbox, where)}/pivots?pivots[]={name}{more}")
    assert [row["event_field_display_id"] for row in rows] == [name]
    found: dict[str, Any] = rows[0]
    return found


READERS: dict[str, Callable[[Occurrence], str]] = {
    "app.release_stage": lambda one: one.release.stage,
    "os.name": lambda one: one.device.os_name,
    "os.version": lambda one: one.os_version,
    "device.model": lambda one: one.device.model,
    "release.seen_in": lambda one: one.release.version,
    "version.seen_in": lambda one: one.release.version,
}


@pytest.mark.parametrize("where", [ON_ERROR, ON_PROJECT])
async def test_a_pivot_counts_the_events_of_each_value(sandbox: Sandbox, where: str) -> None:
    for name, read in READERS.items():
        counts = Counter(read(one) for one in events(sandbox, where))
        ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))

        found = await pivot(sandbox, where, name)

        assert found["cardinality"] == len(counts)
        assert found["summary"] == {
            "list": [{"value": value, "events": number} for value, number in ranked[:10]],
            "no_value": 0,
            "other": sum(number for _, number in ranked[10:]),
        }


@pytest.mark.parametrize(("more", "size"), [("", 10), ("&summary_size=3", 3), ("&summary_size=0", 0)])
async def test_a_summary_holds_ten_values_unless_asked_otherwise(sandbox: Sandbox, more: str, size: int) -> None:
    found = await pivot(sandbox, ON_PROJECT, "user.id", more)

    listed = found["summary"]["list"]
    assert len(listed) == size
    assert sum(row["events"] for row in listed) + found["summary"]["other"] == len(events(sandbox, ON_PROJECT))


async def test_events_without_a_value_are_counted_apart(sandbox: Sandbox) -> None:
    found = await pivot(sandbox, ON_ERROR, "browser.name")

    assert found == {
        "event_field_display_id": "browser.name",
        "name": "Browser",
        "cardinality": 0,
        "summary": {"list": [], "no_value": 612, "other": 0},
    }


async def test_the_form_of_the_vendors_document_can_be_switched_on(start: Start) -> None:
    async with start(manners=Manners(flat_pivots=True)) as sandbox:
        flat = await pivot(sandbox, ON_ERROR, "app.release_stage")
    async with start() as sandbox:
        nested = await pivot(sandbox, ON_ERROR, "app.release_stage")

    assert nested == {
        "event_field_display_id": "app.release_stage",
        "name": "Release stage",
        "cardinality": 1,
        "summary": {"list": [{"value": "production", "events": 612}], "no_value": 0, "other": 0},
    }
    assert flat == {
        "event_field_display_id": "app.release_stage",
        "name": "Release stage",
        "cardinality": 1,
        "list": [{"value": "production", "events": 612}],
        "no_value": 0,
        "other": 0,
        "average": None,
    }


async def test_without_names_all_pivots_of_the_project_are_listed(sandbox: Sandbox) -> None:
    fields = await sandbox.json("/projects/payments-api/event_fields")
    rows = await sandbox.json("/projects/payments-api/pivots")

    assert [row["event_field_display_id"] for row in rows] == [
        row["display_id"] for row in fields if row["pivot_options"]["cardinality"]
    ]
    assert {"account.plan", "payment.provider", "error", "event"} <= {row["event_field_display_id"] for row in rows}
    assert [row["event_field_display_id"] for row in rows if row["summary"] is None] == ["event"]


async def test_the_pivots_of_an_error_come_in_pages_and_do_not_count_errors(sandbox: Sandbox) -> None:
    first = await sandbox.get(f"{at(sandbox, ON_ERROR)}/pivots?per_page=10")
    rows = [row for page in await sandbox.pages(f"{at(sandbox, ON_ERROR)}/pivots?per_page=10") for row in page]
    project = [row["event_field_display_id"] for row in await sandbox.json("/projects/checkout-ios/pivots")]

    assert len(first.json()) == 10
    assert first.headers["x-total-count"] == str(len(rows))
    assert [row["event_field_display_id"] for row in rows] == [name for name in project if name != "error"]


async def test_names_that_are_no_pivot_are_passed_over(sandbox: Sandbox) -> None:
    assert await sandbox.json("/projects/checkout-ios/pivots?pivots[]=nonsense&pivots[]=event.since") == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("summary_size=many", "summary_size must be a number"),
        ("pivots=os.name", "pivots must be an array"),
        ("pivots=os.name&pivots=os.version", "pivots must be an array"),
    ],
)
@pytest.mark.parametrize("where", [ON_ERROR, ON_PROJECT])
async def test_a_question_that_does_not_fit_is_a_400(sandbox: Sandbox, where: str, query: str, message: str) -> None:
    answer = await sandbox.get(f"{at(sandbox, where)}/pivots?{query}")

    assert (answer.status_code, answer.json()) == (400, {"errors": [message]})


async def test_filters_choose_the_events_that_are_counted(sandbox: Sandbox) -> None:
    filters = "&filters[os.name][][type]=eq&filters[os.name][][value]=iPadOS"
    tablets = [one for one in events(sandbox, ON_PROJECT) if one.device.os_name == "iPadOS"]

    found = await pivot(sandbox, ON_PROJECT, "os.name", filters)

    assert found["summary"]["list"] == [{"value": "iPadOS", "events": len(tablets)}]
    assert tablets


@pytest.mark.parametrize("where", [ON_ERROR, ON_PROJECT])
async def test_the_values_of_a_pivot_come_with_share_and_times(sandbox: Sandbox, where: str) -> None:
    everything = events(sandbox, where)

    rows = await sandbox.json(f"{at(sandbox, where)}/pivots/os.version/values")

    by_value: dict[str, list[Occurrence]] = {}
    for one in everything:
        by_value.setdefault(one.os_version, []).append(one)
    assert [row["event_field_value"] for row in rows] == sorted(by_value, key=lambda one: (-len(by_value[one]), one))
    for row in rows:
        of_value = by_value[row["event_field_value"]]
        assert row == {
            "event_field_value": of_value[0].os_version,
            "events": len(of_value),
            "proportion": round(len(of_value) / len(everything), 6),
            "first_seen": min(one.at for one in of_value).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "last_seen": max(one.at for one in of_value).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "fields": [],
        }


async def test_the_values_and_the_summary_say_the_same(sandbox: Sandbox) -> None:
    values = await sandbox.json("/projects/payments-api/pivots/payment.provider/values")
    rows = await sandbox.json("/projects/payments-api/pivots?pivots[]=payment.provider")

    assert rows[0]["summary"]["list"] == [
        {"value": row["event_field_value"], "events": row["events"]} for row in values
    ]
    assert {row["event_field_value"] for row in values} == {"adyen", "stripe"}


async def test_values_come_in_pages_with_the_snapshot_pinned(sandbox: Sandbox) -> None:
    url = f"{at(sandbox, ON_ERROR)}/pivots/user.id/values"

    first = await sandbox.get(url)
    rows = [row for page in await sandbox.pages(url) for row in page]

    people = {one.customer.id for one in events(sandbox, ON_ERROR)}
    assert (len(first.json()), first.headers["x-total-count"]) == (30, str(len(people)))
    assert first.links["next"]["url"] == f"{sandbox.base_url}{url}?base=2026-11-20T15%3A30%3A00Z&offset=30"
    assert sorted(row["event_field_value"] for row in rows) == sorted(people)
    numbers = [row["events"] for row in rows]
    assert numbers == sorted(numbers, reverse=True)


async def test_a_value_that_is_a_person_comes_with_name_and_address(sandbox: Sandbox) -> None:
    row = (await sandbox.json(f"{at(sandbox, ON_ERROR)}/pivots/user.id/values"))[0]

    person = next(one.customer for one in events(sandbox, ON_ERROR) if one.customer.id == row["event_field_value"])
    assert row["fields"] == [{"id": "user.name", "name": person.name}, {"id": "user.email", "name": person.email}]


async def test_sorted_values_end_at_the_depth_limit_and_unsorted_ones_do_not(start: Start) -> None:
    async with start(manners=Manners(deepest_offset=30)) as sandbox:
        url = f"{at(sandbox, ON_ERROR)}/pivots/user.id/values"
        first = await sandbox.get(url)
        too_deep = await sandbox.get(first.links["next"]["url"])
        rows = [row for page in await sandbox.pages(f"{url}?sort=unsorted") for row in page]

    assert (too_deep.status_code, too_deep.json()) == (
        422,
        {"errors": ["Unable to return complete results"], "code": 60000},
    )
    assert str(len(rows)) == first.headers["x-total-count"]


@pytest.mark.parametrize("name", ["nonsense", "event", "browser.name", "Release stage", "event.since", "account.plan"])
@pytest.mark.parametrize("where", [ON_ERROR, ON_PROJECT])
async def test_a_pivot_that_is_unknown_or_has_no_values_is_a_404(sandbox: Sandbox, where: str, name: str) -> None:
    answer = await sandbox.get(f"{at(sandbox, where)}/pivots/{name}/values")

    assert (answer.status_code, answer.json()) == (404, NO_VALUES)


async def test_another_sort_is_a_400(sandbox: Sandbox) -> None:
    answer = await sandbox.get("/projects/checkout-ios/pivots/os.name/values?sort=events")

    assert (answer.status_code, answer.json()) == (400, {"errors": ["Sort is not included in the list"]})


@pytest.mark.parametrize("suffix", ["", "/os.name/values"])
async def test_the_pivots_of_an_error_are_found_in_its_own_project_alone(sandbox: Sandbox, suffix: str) -> None:
    error = sandbox.errors("checkout-ios")[0]

    answer = await sandbox.get(f"/projects/checkout-web/errors/{error.id}/pivots{suffix}")

    assert (answer.status_code, answer.json()) == (404, {"errors": ["Error not found"]})
