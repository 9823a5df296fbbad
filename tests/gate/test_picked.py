"""What the policy redacts, nobody finds out by asking for it one value at a time (THREATS rows 20 and 29)."""

from pathlib import Path
from typing import Any

import pytest

from crashgate.errors import Code
from tests.house import House, everything, open_house, write_policies

AGENT = "looker"
PEOPLE = '[redact]\nsets = ["people"]\n'
EMAIL = '[redact]\nfields = ["email"]\n'


def _house(folder: Path, redaction: str = PEOPLE) -> Any:  # noqa: ANN401 - an async context manager
    return open_house(
        folder, policies=write_policies(folder / "policies", {AGENT: f"{everything('bugsnag')}{redaction}"})
    )


async def _asked(house: House, tool: str, **arguments: object) -> Code | None:
    return (await house.call(AGENT, tool, {"project_id": "checkout-ios", **arguments})).error


@pytest.mark.ablation("nothing is asked by what is redacted")
@pytest.mark.threats(20, 29)
@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("list_errors", {"filters": {"user.email": "noor@acme.example"}}),
        ("list_errors", {"filters": {"event.since": "7d", "user.id": "7"}}),
        ("list_events", {"filters": {"user.name": {"type": "ne", "value": "Noor"}}}),
        ("list_errors", {"filters": {"search": "noor@acme.example"}}),
        ("get_trend", {"filters": {"user.email": {"type": "empty", "value": "false"}}}),
        ("list_pivots", {"pivots": ["os.name", "user.email"]}),
        ("list_pivot_values", {"event_field_display_id": "user.email"}),
    ],
)
async def test_nothing_is_asked_by_a_field_that_the_policy_redacts(
    tmp_path: Path, tool: str, arguments: dict[str, Any]
) -> None:
    # Guards: hidden_fault in plan.
    async with _house(tmp_path) as house:
        answer = await house.call(AGENT, tool, {"project_id": "checkout-ios", **arguments})
        sent = [each.path for each in house.requests]
    async with _house(tmp_path / "open", "") as house:
        assert await _asked(house, tool, **arguments) is None

    assert answer.error is Code.INVALID_ARGUMENTS, answer.text
    assert "uses a field that the policy removes from answers" in answer.text
    assert all(path.count("/") == 2 and path.startswith("/projects/") for path in sent)


@pytest.mark.ablation("people whose names are redacted are not searched for")
@pytest.mark.threats(20, 29)
@pytest.mark.parametrize("redaction", [PEOPLE, EMAIL])
async def test_people_are_not_searched_for_where_their_names_are_redacted(tmp_path: Path, redaction: str) -> None:
    # Guards: Reads on q; a name could be spelled out letter by letter.
    async with _house(tmp_path, redaction) as house:
        answer = await house.call(AGENT, "list_collaborators", {"organization_id": "acme", "q": "noor@"})
        plain = await house.call(AGENT, "list_collaborators", {"organization_id": "acme"})

    assert (answer.error, plain.error) == (Code.INVALID_ARGUMENTS, None)


@pytest.mark.ablation("no pivot counts what is redacted")
@pytest.mark.threats(20, 29)
async def test_pivots_do_not_count_what_the_policy_redacts(tmp_path: Path) -> None:
    # Guards: without_hidden. Where no field can be named, upstream counts all there are.
    off = '[off]\nparameters = ["bugsnag.pivots.list_on_project.pivots"]\n'
    async with _house(tmp_path, f'{off}[redact]\nfields = ["user.email", "device.osName"]\n') as house:
        hidden = await house.call(AGENT, "list_pivots", {"project_id": "checkout-ios"})
    async with _house(tmp_path / "open", off) as house:
        shown = await house.call(AGENT, "list_pivots", {"project_id": "checkout-ios"})

    assert "iPadOS" in str(shown.content)
    assert "iPadOS" not in str(hidden.content)
    assert "@" not in str(shown.content)
    assert {"user.email", "device.osName"} <= set(hidden.content["redacted"])


async def test_other_fields_are_asked_by_as_before(tmp_path: Path) -> None:
    async with _house(tmp_path) as house:
        errors = [
            await _asked(house, "list_errors", filters={"error.status": "open", "app.release_stage": "production"}),
            await _asked(house, "list_pivots", pivots=["os.name"]),
            await _asked(house, "list_errors", sort="users"),
        ]

    assert errors == [None, None, None]
