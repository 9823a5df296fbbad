import pytest

from crashgate_sandbox.bugsnag.auth import MEMBER_TOKEN, READ_ONLY_TOKEN
from crashgate_sandbox.bugsnag.call import Manners
from tests.sandbox.harness import Sandbox, Start


async def test_events_of_one_second_stay_on_one_page_even_when_it_grows_past_its_size(sandbox: Sandbox) -> None:
    error = sandbox.errors("checkout-ios")[0]
    url = f"/projects/checkout-ios/errors/{error.id}/events"

    answer = await sandbox.get(url)
    rows = answer.json()

    # Twelve newer ones, then a burst of 38 in one second.
    assert len(rows) == 50
    assert len({row["received_at"] for row in rows[12:]}) == 1
    assert answer.headers["x-total-count"] == "612"
    following = sandbox.world.occurrences(error)[50].at.strftime("%Y-%m-%dT%H%%3A%M%%3A%SZ")
    assert answer.links["next"]["url"] == (
        f"{sandbox.base_url}{url}?base=2026-11-20T15%3A30%3A00Z&offset%5Bcount%5D=50"
        f"&offset%5Btimestamp%5D={following}&offset%5Btotal_count%5D=612"
    )


@pytest.mark.parametrize("direction", ["asc", "desc"])
async def test_following_the_links_gives_every_event_once_and_in_order(sandbox: Sandbox, direction: str) -> None:
    error = sandbox.errors("checkout-ios")[0]

    pages = await sandbox.pages(f"/projects/checkout-ios/errors/{error.id}/events?direction={direction}")

    ids = [row["id"] for page in pages for row in page]
    times = [row["received_at"] for page in pages for row in page]
    assert sorted(ids) == sorted(one.id for one in sandbox.world.occurrences(error))
    assert times == sorted(times, reverse=direction == "desc")


async def test_more_than_30_a_page_is_cut_to_30(sandbox: Sandbox) -> None:
    error = sandbox.errors("checkout-ios")[2]

    rows = await sandbox.json(f"/projects/checkout-ios/errors/{error.id}/events?per_page=100")

    assert len(rows) == 30


async def test_the_events_of_a_project_are_those_of_all_its_errors(sandbox: Sandbox) -> None:
    answer = await sandbox.get("/projects/warehouse-scanner/events")

    everything = [one for error in sandbox.errors("warehouse-scanner") for one in sandbox.world.occurrences(error)]
    newest = sorted(everything, key=lambda one: (one.at, one.id), reverse=True)
    assert answer.headers["x-total-count"] == str(len(everything))
    assert [row["id"] for row in answer.json()] == [one.id for one in newest[: len(answer.json())]]


async def test_events_page_as_deep_as_the_limit_and_no_deeper(start: Start) -> None:
    async with start(manners=Manners(deepest_offset=100)) as sandbox:
        answers = [await sandbox.get("/projects/checkout-ios/events")]
        while "next" in answers[-1].links:
            answers.append(await sandbox.get(answers[-1].links["next"]["url"]))

    assert [answer.status_code for answer in answers] == [200, 200, 200, 422]
    assert answers[-1].json() == {"errors": ["Unable to return complete results"], "code": 60000}


async def test_a_plain_offset_is_ignored(sandbox: Sandbox) -> None:
    first = await sandbox.get("/projects/checkout-web/events")
    second = await sandbox.get("/projects/checkout-web/events?offset=30")

    assert first.json() == second.json()
    assert "offset=30" not in second.headers["link"]


async def test_a_broken_structured_offset_is_a_400(sandbox: Sandbox) -> None:
    answer = await sandbox.get("/projects/checkout-web/events?offset[timestamp]=soon")

    assert (answer.status_code, answer.json()) == (400, {"errors": ["Pagination Offset is invalid"]})


async def test_a_list_is_short_unless_full_reports_are_asked_for(sandbox: Sandbox) -> None:
    short = (await sandbox.json("/projects/checkout-android/events"))[0]
    full = (await sandbox.json("/projects/checkout-android/events?full_reports=true"))[0]

    assert (short["is_full_report"], full["is_full_report"]) == (False, True)
    assert full == await sandbox.json(f"/projects/checkout-android/events/{short['id']}")
    assert not {"breadcrumbs", "metaData", "device", "user"} & short.keys()


async def test_the_latest_event_is_the_first_of_the_list(sandbox: Sandbox) -> None:
    error = sandbox.errors("identity-service")[4]

    listed = (await sandbox.json(f"/projects/identity-service/errors/{error.id}/events"))[0]
    latest = await sandbox.json(f"/errors/{error.id}/latest_event")

    assert latest["id"] == listed["id"]
    assert latest["project_url"] == f"{sandbox.base_url}/projects/{sandbox.project('identity-service').id}"


async def test_an_event_is_found_in_its_own_project_alone(sandbox: Sandbox) -> None:
    event = sandbox.world.occurrences(sandbox.errors("checkout-ios")[0])[0].id

    for path in (f"/projects/checkout-web/events/{event}", "/projects/checkout-ios/events/" + "0" * 24):
        answer = await sandbox.get(path)
        assert (answer.status_code, answer.json()) == (404, {"errors": ["Event not found"]})


async def test_the_url_of_an_event_differs_between_lists_and_reports(sandbox: Sandbox) -> None:
    short = (await sandbox.json("/projects/checkout-ios/events"))[0]
    full = await sandbox.json(f"/projects/checkout-ios/events/{short['id']}")

    project = sandbox.project("checkout-ios").id
    assert short["url"] == f"{sandbox.base_url}/events/{short['id']}"
    assert full["url"] == f"{sandbox.base_url}/projects/{project}/events/{short['id']}"


async def test_both_spellings_of_exceptions_occur(sandbox: Sandbox) -> None:
    spellings = {
        next(name for name in ("error_class", "errorClass") if name in thrown)
        for error in sandbox.errors("checkout-ios")[:12]
        for thrown in (await sandbox.json(f"/errors/{error.id}/latest_event"))["exceptions"]
    }

    assert spellings == {"error_class", "errorClass"}


async def test_frames_are_in_snake_case_and_those_of_threads_in_camel_case(sandbox: Sandbox) -> None:
    event = await sandbox.json(f"/errors/{sandbox.errors('checkout-ios')[0].id}/latest_event")

    frame, thread_frame = event["exceptions"][0]["stacktrace"][3], event["threads"][0]["stacktrace"][3]
    assert (frame["line_number"], frame["in_project"]) == (142, True)
    assert (thread_frame["lineNumber"], thread_frame["inProject"]) == (142, True)
    assert frame["code"]["142"].strip().startswith("sheet.totalLabel.text")


async def test_old_answers_spell_the_time_of_short_events_in_camel_case(start: Start) -> None:
    async with start(manners=Manners(old_spellings=True)) as sandbox:
        old = (await sandbox.json("/projects/checkout-ios/events"))[0]

    assert "receivedAt" in old
    assert "received_at" not in old


async def test_breadcrumbs_are_more_than_twenty_and_come_newest_first(sandbox: Sandbox) -> None:
    event = await sandbox.json(f"/errors/{sandbox.errors('checkout-web')[0].id}/latest_event")

    times = [crumb["timestamp"] for crumb in event["breadcrumbs"]]
    assert len(times) > 20
    assert times == sorted(times, reverse=True)
    assert times[0] <= event["received_at"]


async def test_a_server_error_carries_secrets_as_real_ones_do(sandbox: Sandbox) -> None:
    event = await sandbox.json(f"/errors/{sandbox.errors('payments-api')[0].id}/latest_event")

    assert event["request"]["headers"]["Authorization"].startswith("Bearer invented-")
    assert {"session_id", "_csrf_token"} == event["metaData"]["session"].keys()
    assert event["metaData"]["account"]["plan"] in {"free", "plus", "business"}
    assert [thrown["type"] for thrown in event["exceptions"]] == ["rails", "rails"]


async def test_a_deleted_event_is_gone_and_its_error_counts_one_less(sandbox: Sandbox) -> None:
    error = sandbox.errors("checkout-ios")[1]
    path = f"/projects/checkout-ios/errors/{error.id}"
    events, before = await sandbox.json(f"{path}/events"), await sandbox.json(path)

    answer = await sandbox.client.delete(f"/projects/checkout-ios/events/{events[0]['id']}")

    assert (answer.status_code, answer.content) == (204, b"")
    gone = await sandbox.get(f"/projects/checkout-ios/events/{events[0]['id']}")
    assert (gone.status_code, gone.json()) == (404, {"errors": ["Event not found"]})
    assert (await sandbox.json(f"{path}/events"))[0] == events[1]
    after = await sandbox.json(path)
    assert (after["events"], after["last_seen"]) == (before["events"] - 1, events[1]["received_at"])


async def test_an_error_goes_with_its_last_event(sandbox: Sandbox) -> None:
    error = min(sandbox.errors("checkout-ios"), key=lambda one: one.events)
    path, *events = [f"/errors/{error.id}", *(one.id for one in sandbox.world.occurrences(error))]

    for event in events:
        assert (await sandbox.get(f"/projects/checkout-ios{path}")).status_code == 200
        assert (await sandbox.client.delete(f"/projects/checkout-ios/events/{event}")).status_code == 204

    assert (await sandbox.get(f"/projects/checkout-ios{path}")).status_code == 404
    assert (await sandbox.get(f"{path}/latest_event")).status_code == 404
    assert (await sandbox.get("/projects/checkout-ios/errors")).headers["x-total-count"] == "77"


@pytest.mark.parametrize("project", ["checkout-web", "storefront-web"])
async def test_an_event_is_deleted_in_its_own_project_alone(sandbox: Sandbox, project: str) -> None:
    event = sandbox.world.occurrences(sandbox.errors("checkout-ios")[0])[0]

    answer = await sandbox.client.delete(f"/projects/{project}/events/{event.id}")

    assert (answer.status_code, answer.json()) == (404, {"errors": ["Event not found"]})
    assert sandbox.world.occurrence(event.id) is event


@pytest.mark.parametrize(("token", "status"), [(MEMBER_TOKEN, 204), (READ_ONLY_TOKEN, 403)])
async def test_a_single_event_may_be_deleted_by_whoever_may_write(sandbox: Sandbox, token: str, status: int) -> None:
    event = sandbox.world.occurrences(sandbox.errors("checkout-ios")[0])[0]
    headers = {"Authorization": f"token {token}"}

    answer = await sandbox.client.delete(f"/projects/checkout-ios/events/{event.id}", headers=headers)

    assert answer.status_code == status
    assert (sandbox.world.occurrence(event.id) is None) is (status == 204)
