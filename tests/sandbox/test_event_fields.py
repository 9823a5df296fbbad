from crashgate_sandbox.bugsnag.search import BUILT_IN_FIELDS
from tests.sandbox.harness import Sandbox


async def test_every_field_that_is_listed_really_filters(sandbox: Sandbox) -> None:
    listed = {row["display_id"] for row in await sandbox.json("/projects/checkout-ios/event_fields")}

    assert listed == BUILT_IN_FIELDS


async def test_custom_fields_are_listed_in_their_project_alone(sandbox: Sandbox) -> None:
    rows = await sandbox.json("/projects/payments-api/event_fields")

    assert [row["display_id"] for row in rows if row["custom"]] == ["account.plan", "payment.provider"]
    assert (await sandbox.json("/projects/payments-api"))["custom_event_fields_used"] == 2
    assert not [row for row in await sandbox.json("/projects/checkout-ios/event_fields") if row["custom"]]


async def test_the_stages_of_a_project_are_the_values_of_its_field(sandbox: Sandbox) -> None:
    rows = await sandbox.json("/projects/payments-api/event_fields")

    field = next(row for row in rows if row["display_id"] == "app.release_stage")
    assert [value["id"] for value in field["values"]] == ["production", "staging"]


async def test_some_built_in_fields_lack_their_filter_options(sandbox: Sandbox) -> None:
    rows = await sandbox.json("/projects/checkout-ios/event_fields")

    assert [row["display_id"] for row in rows if "filter_options" not in row] == ["error", "event"]
