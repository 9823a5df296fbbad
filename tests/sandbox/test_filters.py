from urllib.parse import urlencode

import pytest

from tests.held_clock import NOW
from tests.sandbox.harness import Sandbox

MALFORMED = 'must be of the format {"type" : ..., "value" : ...}'


def wire(*comparisons: tuple[str, str, str]) -> str:
    """Adjacent pairs, percent-encoded."""
    return urlencode(
        [
            pair
            for field, kind, value in comparisons
            for pair in ((f"filters[{field}][][type]", kind), (f"filters[{field}][][value]", value))
        ]
    )


async def errors(sandbox: Sandbox, *comparisons: tuple[str, str, str], project: str = "checkout-ios") -> list[str]:
    """The ids of the errors that the filters leave, sorted."""
    found: list[str] = []
    for page in await sandbox.pages(f"/projects/{project}/errors?per_page=100&{wire(*comparisons)}"):
        found.extend(row["id"] for row in page)
    return sorted(found)


def ids_with_status(sandbox: Sandbox, *statuses: str) -> list[str]:
    return sorted(one.id for one in sandbox.errors("checkout-ios") if sandbox.world.state(one).status in statuses)


async def test_several_eq_on_a_field_mean_or(sandbox: Sandbox) -> None:
    found = await errors(sandbox, ("error.status", "eq", "fixed"), ("error.status", "eq", "snoozed"))

    assert found == ids_with_status(sandbox, "fixed", "snoozed")
    assert found


async def test_several_ne_on_a_field_mean_and(sandbox: Sandbox) -> None:
    found = await errors(sandbox, ("error.status", "ne", "open"), ("error.status", "ne", "fixed"))

    assert found == ids_with_status(sandbox, "for_review", "in progress", "snoozed", "ignored")


async def test_ne_beside_eq_on_the_same_field_is_dropped(sandbox: Sandbox) -> None:
    found = await errors(sandbox, ("error.status", "eq", "open"), ("error.status", "ne", "open"))

    assert found == ids_with_status(sandbox, "open")


async def test_different_fields_mean_and(sandbox: Sandbox) -> None:
    found = await errors(sandbox, ("error.status", "eq", "open"), ("event.severity", "eq", "warning"))

    expected = [
        one.id
        for one in sandbox.errors("checkout-ios")
        if sandbox.world.state(one).status == "open"
        and (sandbox.world.state(one).overridden_severity or one.kind.severity) == "warning"
    ]
    assert found == sorted(expected)
    assert found


async def test_empty_asks_whether_there_is_a_value(sandbox: Sandbox) -> None:
    everything = sandbox.errors("checkout-ios")
    assigned = sorted(one.id for one in everything if sandbox.world.state(one).assigned_collaborator_id)

    assert await errors(sandbox, ("error.assigned_to", "empty", "false")) == assigned
    free = await errors(sandbox, ("error.assigned_to", "empty", "true"))
    assert sorted([*assigned, *free]) == sorted(one.id for one in everything)
    assert assigned
    assert free


async def test_empty_true_with_eq_means_or(sandbox: Sandbox) -> None:
    avery = sandbox.world.people[0].id
    mine_or_free = sorted(
        one.id
        for one in sandbox.errors("checkout-ios")
        if sandbox.world.state(one).assigned_collaborator_id in {None, avery}
    )

    assert (
        await errors(sandbox, ("error.assigned_to", "eq", "me"), ("error.assigned_to", "empty", "true")) == mine_or_free
    )


async def test_empty_false_with_ne_means_and(sandbox: Sandbox) -> None:
    avery = sandbox.world.people[0].id
    of_others = sorted(
        one.id
        for one in sandbox.errors("checkout-ios")
        if sandbox.world.state(one).assigned_collaborator_id not in {None, avery}
    )

    assert (
        await errors(sandbox, ("error.assigned_to", "ne", "me"), ("error.assigned_to", "empty", "false")) == of_others
    )


@pytest.mark.parametrize("who", ["id", "email", "anyone"])
async def test_an_assignee_is_named_by_id_by_address_or_as_anyone(sandbox: Sandbox, who: str) -> None:
    priya = sandbox.world.person("priya@acme.example")
    error = sandbox.errors("payments-api")[5]
    await sandbox.patch(
        f"/projects/payments-api/errors/{error.id}", {"operation": "assign", "assigned_collaborator_id": priya.id}
    )
    value = {"id": priya.id, "email": priya.email, "anyone": "anyone"}[who]

    assert error.id in await errors(sandbox, ("error.assigned_to", "eq", value), project="payments-api")


async def test_an_unknown_field_is_silently_ignored(sandbox: Sandbox) -> None:
    everything = sorted(one.id for one in sandbox.errors("checkout-ios"))

    assert await errors(sandbox, ("error.colour", "eq", "blue")) == everything


async def test_types_first_and_values_after_is_a_400_with_the_exact_words(sandbox: Sandbox) -> None:
    field = "filters%5Berror.status%5D%5B%5D"
    query = f"{field}%5Btype%5D=eq&{field}%5Btype%5D=eq&{field}%5Bvalue%5D=open&{field}%5Bvalue%5D=fixed"

    answer = await sandbox.get(f"/projects/checkout-ios/errors?{query}")

    assert (answer.status_code, answer.json()) == (400, {"errors": [f"Filters Error status {MALFORMED}"]})


async def test_the_keys_of_a_pair_may_come_in_either_order(sandbox: Sandbox) -> None:
    field = "filters%5Berror.status%5D%5B%5D"
    query = f"{field}%5Bvalue%5D=open&{field}%5Btype%5D=eq&{field}%5Bvalue%5D=fixed&{field}%5Btype%5D=eq"

    rows = await sandbox.json(f"/projects/checkout-ios/errors?per_page=100&{query}")

    assert sorted(row["id"] for row in rows) == ids_with_status(sandbox, "open", "fixed")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("filters[error.status]=open", "Error status"),
        ("filters[error.status][][value]=open", "Error status"),
        ("filters[app.release_stage][][type]=like&filters[app.release_stage][][value]=x", "App release stage"),
        ("filters[event.since][][type]=ne&filters[event.since][][value]=1d", "Event since"),
        ("filters[user.id][][type]=empty&filters[user.id][][value]=maybe", "User id"),
    ],
)
async def test_a_broken_comparison_is_a_400_that_names_the_field(sandbox: Sandbox, query: str, field: str) -> None:
    answer = await sandbox.get(f"/projects/checkout-ios/events?{query}")

    assert (answer.status_code, answer.json()) == (400, {"errors": [f"Filters {field} {MALFORMED}"]})


async def test_without_the_version_header_filters_are_ignored(sandbox: Sandbox) -> None:
    query = f"/projects/checkout-ios/errors?{wire(('error.status', 'eq', 'fixed'))}"

    with_header = await sandbox.get(query)
    without = await sandbox.get(query, headers={"X-Version": ""})
    by_accept = await sandbox.get(query, headers={"X-Version": "", "Accept": "application/json; version=2"})

    assert without.headers["x-total-count"] == "78"
    assert with_header.headers["x-total-count"] == by_accept.headers["x-total-count"] != "78"


async def test_event_filters_choose_the_events_that_count(sandbox: Sandbox) -> None:
    error = sandbox.errors("checkout-ios")[1]
    staging = [one for one in sandbox.world.occurrences(error) if one.release.stage == "staging"]

    row = await sandbox.json(f"/projects/checkout-ios/errors/{error.id}?{wire(('app.release_stage', 'eq', 'staging'))}")

    assert 0 < len(staging) < error.events
    assert (row["events"], row["users"]) == (len(staging), len({one.customer.id for one in staging}))
    assert row["release_stages"] == ["staging"]
    assert row["last_seen"] == staging[0].at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert row["last_seen_unfiltered"] == error.last_seen.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert row["unthrottled_occurrence_count"] >= error.events


@pytest.mark.parametrize("since", ["1d", "24h", "2026-11-19T15:30:00Z", "2026-11-19T15:30:00.000Z"])
async def test_a_time_is_relative_or_in_utc_with_z(sandbox: Sandbox, since: str) -> None:
    expected = sum(
        one.at.timestamp() >= NOW.timestamp() - 86_400
        for error in sandbox.errors("checkout-ios")
        for one in sandbox.world.occurrences(error)
    )

    answer = await sandbox.get(f"/projects/checkout-ios/events?{wire(('event.since', 'eq', since))}")

    assert answer.headers["x-total-count"] == str(expected)
    assert expected


@pytest.mark.parametrize("since", ["2026-11-19T15:30:00+00:00", "yesterday", "1w", ""])
async def test_any_other_time_is_a_400(sandbox: Sandbox, since: str) -> None:
    answer = await sandbox.get(f"/projects/checkout-ios/events?{wire(('event.since', 'eq', since))}")

    assert (answer.status_code, answer.json()) == (400, {"errors": ["Filters Event since must be iso8601 format"]})


async def test_since_and_before_cut_out_a_stretch(sandbox: Sandbox) -> None:
    stretch = wire(("event.since", "eq", "3d"), ("event.before", "eq", "1d"))

    rows = [row for page in await sandbox.pages(f"/projects/checkout-ios/events?{stretch}") for row in page]

    assert rows
    assert all("2026-11-17T15:30" <= row["received_at"] < "2026-11-19T15:30" for row in rows)


@pytest.mark.parametrize(
    ("field", "value", "hit"),
    [
        ("event.message", "UNRECOGNIZED selector", True),
        ("event.class", "InvalidArgument", True),
        ("event.file", "PaymentSheet", True),
        ("app.context", "paymentsheet", True),
        ("user.id", "cus_", False),
        ("version.seen_in", "4.18.*", True),
        ("version.seen_in", "4.?8.0", True),
        ("version.seen_in", "4.18", False),
        ("version.introduced_in", "4.18.0", True),
        ("app.release_stage", "produc", False),
        ("device.manufacturer", "Apple", True),
        ("os.name", "i*", True),
        ("feature_flag.seen_in", "new-payment-sheet", True),
        ("feature_flag.seen_in", "new-payment", False),
        ("search", "unrecognized", True),
        ("event.unhandled", "true", True),
        ("error.has_issue", "true", False),
    ],
)
async def test_each_kind_of_field_compares_in_its_own_way(sandbox: Sandbox, field: str, value: str, hit: bool) -> None:  # noqa: FBT001 - a column of the table
    headline = sandbox.errors("checkout-ios")[0]

    assert (headline.id in await errors(sandbox, (field, "eq", value))) is hit


async def test_a_feature_flag_can_be_asked_for_with_its_variant(sandbox: Sandbox) -> None:
    base = "filters[feature_flag.seen_in][][type]=eq&filters[feature_flag.seen_in][][value]=new-payment-sheet"
    totals = [
        int((await sandbox.get(f"/projects/checkout-ios/events?{base}{variant}")).headers["x-total-count"])
        for variant in (
            "",
            "&filters[feature_flag.seen_in][][child_value]=control",
            "&filters[feature_flag.seen_in][][child_value]=treatment",
        )
    ]

    assert totals[0] == totals[1] + totals[2]
    assert all(totals)


async def test_a_custom_field_filters_in_its_project_and_is_unknown_in_another(sandbox: Sandbox) -> None:
    query = wire(("account.plan", "eq", "business"))

    there = await sandbox.get(f"/projects/payments-api/events?{query}")
    elsewhere = await sandbox.get(f"/projects/checkout-ios/events?{query}")
    everywhere = await sandbox.get("/projects/checkout-ios/events")

    assert 0 < int(there.headers["x-total-count"]) < sum(one.events for one in sandbox.errors("payments-api"))
    assert elsewhere.headers["x-total-count"] == everywhere.headers["x-total-count"]


async def test_search_may_be_used_only_once(sandbox: Sandbox) -> None:
    answer = await sandbox.get(f"/projects/checkout-ios/errors?{wire(('search', 'eq', 'a'), ('search', 'eq', 'b'))}")

    assert (answer.status_code, answer.json()) == (400, {"errors": ["Filters Search may be used only once"]})


async def test_filter_groups_are_refused_rather_than_ignored(sandbox: Sandbox) -> None:
    answer = await sandbox.get("/projects/checkout-ios/errors?filter_groups[a][join]=or")

    assert (answer.status_code, answer.json()) == (400, {"errors": ["filter_groups is not part of the sandbox"]})
