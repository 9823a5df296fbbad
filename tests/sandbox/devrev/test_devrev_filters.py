from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.devrev.harness import CHECKOUT, COURIER, LIST, ON_IOS, SHOP, Running

Row = dict[str, Any]


@pytest.mark.parametrize("name", ["has_exception_occurred", "is_anr", "is_crash", "rage_tap"])
@pytest.mark.parametrize("wanted", [True, False])
async def test_a_flag_keeps_the_sessions_that_have_it_so(devrev: Running, name: str, wanted: bool) -> None:  # noqa: FBT001 - a parameter of the test
    everything = await devrev.sessions(**CHECKOUT)
    found = await devrev.sessions(**CHECKOUT, **{name: wanted})

    assert found == [row for row in everything if row[name] is wanted]
    assert 0 < len(found) < len(everything)


FIELDS: dict[str, Callable[[Row], str]] = {
    "app_version": lambda row: row["device_metadata"]["app_version"],
    "device_model": lambda row: row["device_metadata"]["model"],
    "manufacturer": lambda row: row["device_metadata"]["manufacturer"],
    "network_type": lambda row: row["device_metadata"]["network_type"],
    "os_version": lambda row: row["device_metadata"]["os_version"],
    "rev_org": lambda row: row["rev_org_id"],
    "rev_user": lambda row: row["rev_user_id"],
}


@pytest.mark.parametrize("name", FIELDS)
async def test_a_list_of_values_keeps_the_sessions_that_have_any_of_them(devrev: Running, name: str) -> None:
    everything, read = await devrev.sessions(**CHECKOUT), FIELDS[name]
    two = sorted({read(row) for row in everything})[:2]
    found = await devrev.sessions(**CHECKOUT, **{name: two})

    assert found == [row for row in everything if read(row) in two]
    assert 0 < len(found) < len(everything)


async def test_a_range_of_time_includes_both_ends(devrev: Running) -> None:
    everything = await devrev.sessions(**CHECKOUT)
    newest, oldest = everything[10]["created_at"], everything[20]["created_at"]

    assert await devrev.sessions(**CHECKOUT, created_at={"after": oldest, "before": newest}) == everything[10:21]
    assert await devrev.sessions(**CHECKOUT, created_at={"type": "range", "after": newest}) == everything[:11]
    assert await devrev.sessions(**CHECKOUT, created_at={"before": oldest}) == everything[20:]
    assert await devrev.sessions(**CHECKOUT, created_at={}) == everything


async def test_two_filters_must_both_hold(devrev: Running) -> None:
    crashed = await devrev.sessions(**CHECKOUT, is_crash=True)
    found = await devrev.sessions(**CHECKOUT, is_crash=True, manufacturer=["Google"])

    assert found == [row for row in crashed if row["device_metadata"]["manufacturer"] == "Google"]
    assert 0 < len(found) < len(crashed)


async def test_anonymous_users_have_ids_of_their_own(devrev: Running) -> None:
    anonymous = await devrev.sessions(**CHECKOUT, is_anonymous=True)
    known = await devrev.sessions(**CHECKOUT, is_anonymous=False)

    assert (len(anonymous), len(known)) == (24, 96)
    assert all(row["rev_user_id"].startswith("ANON-") for row in anonymous)


async def test_custom_events_are_found_by_name(devrev: Running) -> None:
    found = await devrev.sessions(**COURIER, custom_events=["photo_uploaded"])

    assert 0 < len(found) < 120
    assert await devrev.sessions(**COURIER, custom_events=["never"]) == []


async def test_a_list_without_values_keeps_nothing(devrev: Running) -> None:
    assert await devrev.sessions(**CHECKOUT, app_version=[]) == []


async def test_apples_devices_have_no_anr_and_web_sessions_neither_crash_nor_hang(devrev: Running) -> None:
    assert await devrev.sessions(**ON_IOS, is_anr=True) == []
    assert await devrev.sessions(**SHOP, is_crash=True) == []
    assert await devrev.sessions(**SHOP, is_anr=True) == []
    assert len(await devrev.sessions(**SHOP, is_crash=False)) == 120


async def test_a_type_that_does_not_go_with_the_platform_holds_nothing(devrev: Running) -> None:
    answer = await devrev.post(LIST, type="web", **CHECKOUT)

    assert (answer.status_code, answer.json()) == (200, {"sessions": []})


@pytest.mark.parametrize(
    ("filters", "kind", "field"),
    [
        ({"crashed": True}, "invalid_field", "crashed"),
        ({"screen_name": ["Cart"]}, "invalid_field", "screen_name"),
        ({"is_crash": "true"}, "unexpected_json_type", "is_crash"),
        ({"is_crash": 1}, "unexpected_json_type", "is_crash"),
        ({"app_version": "5.12.1"}, "unexpected_json_type", "app_version"),
        ({"app_version": [5]}, "unexpected_json_type", "app_version"),
        ({"created_at": "2026-11-20"}, "unexpected_json_type", "created_at"),
        ({"created_at": {"since": "2026-11-20T00:00:00Z"}}, "invalid_field", "since"),
        ({"created_at": {"type": "preset"}}, "invalid_enum_value", "type"),
        ({"created_at": {"after": "2026-11-20"}}, "parse_error", "created_at.after"),
        ({"created_at": {"before": "2026-11-20T00:00:00"}}, "parse_error", "created_at.before"),
        ({"response_time_list": []}, "value_not_permitted", "response_time_list"),
        ({"type": "desktop"}, "invalid_enum_value", "type"),
        ({"sort_by": ["rev_user_id"]}, "value_not_permitted", "sort_by"),
        ({"sort_by": ["created_at:up"]}, "value_not_permitted", "sort_by"),
    ],
    ids=str,
)
async def test_a_filter_that_is_not_understood_is_refused(
    devrev: Running, filters: dict[str, object], kind: str, field: str
) -> None:
    answer = await devrev.post(LIST, **{"type": "mobile", **CHECKOUT, **filters})

    assert answer.status_code == 400
    assert (answer.json()["type"], answer.json()["field_name"]) == (kind, field)


@pytest.mark.parametrize("name", ["is_crash", "app_version", "type", "rev_user"])
async def test_only_a_post_narrows(devrev: Running, name: str) -> None:
    answer = await devrev.get(LIST, **CHECKOUT, **{name: "mobile"})

    assert (answer.status_code, answer.json()["type"]) == (400, "invalid_field")


async def test_sessions_are_sorted_by_one_field_and_then_by_another(devrev: Running) -> None:
    everything = await devrev.sessions(**CHECKOUT)

    assert await devrev.sessions(**CHECKOUT, sort_by=["created_at:asc"]) == everything[::-1]
    assert await devrev.sessions(**CHECKOUT, sort_by=["created_at:desc", "session_duration_ms:asc"]) == everything
    assert await devrev.sessions(**CHECKOUT, sort_by=["session_duration_ms:desc"]) == sorted(
        everything, key=lambda row: -int(row["session_duration_ms"])
    )


async def test_a_get_sorts_by_a_list_with_commas(devrev: Running) -> None:
    everything = await devrev.sessions(**CHECKOUT)
    answer = await devrev.get(LIST, **CHECKOUT, sort_by="created_at:asc,session_duration_ms", limit=5)

    assert answer.json()["sessions"] == everything[:-6:-1]
