from typing import Any

import pytest

from crashgate_sandbox.world.content.hostile import HOSTILE, HOSTILE_NAMES
from tests.sandbox.devrev.harness import CHECKOUT, DATA, DEVELOPER_INFO, ON_IOS, SHOP, Running

Row = dict[str, Any]


async def recorded(devrev: Running, app: dict[str, str], row: Row, *, part: int = -1) -> Row:
    """One recording's data, without the replay; the last one unless told."""
    answer = await devrev.post(
        DATA,
        version_key=app["version_key"],
        session_id=row["session_id"],
        recording_id=row["recording_ids"][part],
        include_replay_data=False,
    )
    assert answer.status_code == 200, answer.text
    found: Row = answer.json()
    return found


def target(row: Row, app: dict[str, str]) -> dict[str, str]:
    return {"version_key": app["version_key"], "session_id": row["session_id"]}


async def test_a_recording_has_the_documented_keys_and_a_replay_unless_it_is_declined(devrev: Running) -> None:
    row = (await devrev.sessions(**CHECKOUT))[0]
    asked = {**target(row, CHECKOUT), "recording_id": row["recording_ids"][0]}
    usual, asked_for = await devrev.post(DATA, **asked), await devrev.post(DATA, **asked, include_replay_data=True)
    declined = await devrev.post(DATA, **asked, include_replay_data=False)

    assert declined.json().keys() == {
        "recording",
        "app_launch",
        "available_ram",
        "created_at",
        "device_metadata",
        "observability_sessions_log_data",
        "recording_events_timeline",
    }
    assert usual.json() == asked_for.json() == {**declined.json(), "replay_data": usual.json()["replay_data"]}
    assert len(declined.content) < 20_000
    assert len(usual.content) > 500_000


@pytest.mark.parametrize(
    ("app", "first_line"), [(CHECKOUT, "FATAL EXCEPTION: main"), (ON_IOS, "Hardware Model:      Apple")], ids=str
)
async def test_a_crashed_session_has_its_log_and_the_crash_at_the_end(
    devrev: Running, app: dict[str, str], first_line: str
) -> None:
    for row in await devrev.sessions(**app, is_crash=True):
        data = await recorded(devrev, app, row)
        log = data["observability_sessions_log_data"]
        assert (log["is_crash"], log["is_anr"], log["value"].split("\n")[0]) == (True, row["is_anr"], first_line)
        assert data["recording_events_timeline"][-1]["event_name"] == "crash"


async def test_a_hung_session_has_the_documented_event(devrev: Running) -> None:
    row = (await devrev.sessions(**CHECKOUT, is_anr=True, is_crash=False))[0]
    data = await recorded(devrev, CHECKOUT, row)

    assert data["observability_sessions_log_data"]["value"].startswith("ANR in com.acme.checkout")
    assert data["recording_events_timeline"][-1] == {
        "event_name": "anr",
        "event_type": "plug",
        "input_type": "system_event_os",
        "name": "anr",
    }


async def test_a_quiet_session_has_no_log(devrev: Running) -> None:
    row = (await devrev.sessions(**CHECKOUT, is_anr=False, is_crash=False))[0]
    data = await recorded(devrev, CHECKOUT, row)

    assert data["observability_sessions_log_data"] == {"is_anr": False, "is_crash": False}


async def test_the_crash_is_in_the_last_recording_only(devrev: Running) -> None:
    crashed = await devrev.sessions(**CHECKOUT, is_crash=True)
    row = next(row for row in crashed if len(row["recording_ids"]) > 1)
    data = await recorded(devrev, CHECKOUT, row, part=0)

    assert data["observability_sessions_log_data"] == {"is_anr": False, "is_crash": False}
    assert "crash" not in [event["event_name"] for event in data["recording_events_timeline"]]


async def test_a_rage_tap_is_several_taps_on_one_spot(devrev: Running) -> None:
    row = (await devrev.sessions(**CHECKOUT, rage_tap=True))[0]
    timeline = (await recorded(devrev, CHECKOUT, row))["recording_events_timeline"]
    taps = next(event for event in timeline if event["event_name"] == "rage_tap")["coordinates"]

    assert len(taps) == 6
    assert taps == [taps[0]] * 6


async def test_an_exception_names_its_class(devrev: Running) -> None:
    row = (await devrev.sessions(**CHECKOUT, has_exception_occurred=True, is_crash=False))[0]
    timeline = (await recorded(devrev, CHECKOUT, row))["recording_events_timeline"]
    exception = next(event for event in timeline if event["event_name"] == "exception")

    assert (exception["exception_tag"], "." in exception["exception_class_name"]) == ("caught", True)


@pytest.mark.threats(25)
async def test_outsiders_write_crash_logs_and_the_names_and_properties_of_events(devrev: Running) -> None:
    logs: list[str] = []
    events: list[Row] = []
    for row in await devrev.sessions(**CHECKOUT):
        data = await recorded(devrev, CHECKOUT, row, part=0 if not row["is_crash"] else -1)
        logs.append(data["observability_sessions_log_data"].get("value", ""))
        events += data["recording_events_timeline"]

    assert any(text in log for text in HOSTILE for log in logs)
    assert {event["event_name"] for event in events} >= set(HOSTILE)
    assert {event.get("custom_tag") for event in events} >= set(HOSTILE_NAMES)
    assert {
        event["event_properties"]["note"] for event in events if "note" in event.get("event_properties", {})
    } == set(HOSTILE)


async def test_the_data_of_a_tab_is_got_by_tab_id(devrev: Running) -> None:
    row = (await devrev.sessions(**SHOP))[0]
    answer = await devrev.post(DATA, **target(row, SHOP), tab_id=row["tab_ids"][0], include_replay_data=False)

    assert answer.status_code == 200
    assert answer.json().keys() == {
        "recording",
        "available_ram",
        "created_at",
        "device_metadata",
        "recording_events_timeline",
    }
    assert answer.json()["recording"] == "web_recording"


async def test_a_recording_is_missing_where_only_the_other_kind_of_id_is_given(devrev: Running) -> None:
    mobile, web = (await devrev.sessions(**CHECKOUT))[0], (await devrev.sessions(**SHOP))[0]
    answers = [
        await devrev.post(DATA, **target(mobile, CHECKOUT)),
        await devrev.post(DATA, **target(mobile, CHECKOUT), tab_id=mobile["recording_ids"][0]),
        await devrev.post(DATA, **target(web, SHOP), recording_id=web["tab_ids"][0]),
    ]

    assert [(answer.status_code, answer.json()["type"]) for answer in answers] == [(400, "missing_required_field")] * 3
    assert [answer.json()["field_name"] for answer in answers] == ["recording_id", "recording_id", "tab_id"]


async def test_a_recording_of_another_session_or_app_is_not_found(devrev: Running) -> None:
    one, other = (await devrev.sessions(**CHECKOUT))[:2]
    recording = one["recording_ids"][0]
    answers = [
        await devrev.post(DATA, **target(other, CHECKOUT), recording_id=recording),
        await devrev.post(DATA, session_id=one["session_id"], version_key="acme-web", recording_id=recording),
        await devrev.post(DATA, session_id="unknown", version_key="com.acme.checkout", recording_id=recording),
    ]

    assert [(answer.status_code, answer.json()["type"]) for answer in answers] == [(404, "not_found")] * 3


async def test_developer_info_is_console_and_network_of_a_tab_and_hostile_where_a_page_writes(devrev: Running) -> None:
    values: list[str] = []
    urls: list[str] = []
    for row in (await devrev.sessions(**SHOP))[:20]:
        info = (await devrev.post(DEVELOPER_INFO, **target(row, SHOP), tab_id=row["tab_ids"][0])).json()
        assert info.keys() == {"console_data", "network_data"}
        assert all(line["request"]["method"] in {"GET", "POST"} for line in info["network_data"])
        assert info["network_data"]
        values += [line["value"] for line in info["console_data"]]
        urls += [line["full_url"] for line in info["console_data"]]

    assert set(values) >= set(HOSTILE)
    assert all(any(text in url for url in urls) for text in HOSTILE)


async def test_there_is_no_developer_info_of_a_mobile_session(devrev: Running) -> None:
    row = (await devrev.sessions(**CHECKOUT))[0]
    answer = await devrev.post(DEVELOPER_INFO, **target(row, CHECKOUT), tab_id=row["recording_ids"][0])

    assert (answer.status_code, answer.json()["type"]) == (404, "not_found")


async def test_the_same_recording_is_the_same_each_time(devrev: Running) -> None:
    row = (await devrev.sessions(**CHECKOUT, is_crash=True))[0]
    asked = {**target(row, CHECKOUT), "recording_id": row["recording_ids"][0]}

    assert (await devrev.post(DATA, **asked)).content == (await devrev.post(DATA, **asked)).content
