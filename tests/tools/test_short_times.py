"""``24h`` and ``yesterday`` as arguments of tools: what is sent and recorded is the time that they mean."""

from dataclasses import replace
from urllib.parse import parse_qs

from crashgate.model.message import Response
from tests.gate.gate import IOS, Gate, ok, open_gate, policy

GRANT = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\naccess.error = "read"\n'
ERRORS = f"/projects/{IOS.id}/errors"
NEXT = f"https://api.bugsnag.com{ERRORS}?offset=30&per_page=30"


FIELDS = ok([{"display_id": "event.since"}, {"display_id": "event.before"}])


def open_list(answer: Response) -> Gate:
    """A gate before a list of errors whose filters know times."""
    gate = open_gate(policy(GRANT))
    gate.upstream.answers[ERRORS] = lambda _: answer
    gate.upstream.answers[f"/projects/{IOS.id}/event_fields"] = lambda _: FIELDS
    return gate


async def test_the_full_time_is_sent_and_recorded() -> None:
    gate = open_list(ok([]))

    await gate.call("list_errors", {"filters": {"event.since": "yesterday", "event.before": "2h"}})

    day = gate.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday = day.replace(day=day.day - 1, tzinfo=None).isoformat()
    query = parse_qs(gate.upstream.received[-1].url.partition("?")[2])
    values = query["filters[event.since][][value]"] + query["filters[event.before][][value]"]
    assert values == [f"{yesterday}Z", "2h"]


async def test_the_next_page_of_a_list_since_a_short_time_can_be_read_later() -> None:
    gate = open_list(replace(ok([{"id": IOS.error}]), links={"next": NEXT}))
    arguments = {"filters": {"event.since": "90m"}}
    first = await gate.call("list_errors", arguments)

    gate.clock.passed += 60
    second = await gate.call("list_errors", {**arguments, "cursor": first.content["next_cursor"]})

    assert second.error is None


async def test_the_answer_says_in_utc_which_moment_was_meant() -> None:
    gate = open_list(ok([]))
    now = gate.clock.now().replace(tzinfo=None, microsecond=0)
    today = now.replace(hour=0, minute=0, second=0)

    short = await gate.call(
        "list_errors", {"filters": {"event.since": "today", "event.before": "2026-11-20T10:00:00+02:00"}}
    )
    full = await gate.call("list_errors", {"filters": {"event.before": "2026-11-20T08:00:00Z"}})

    assert short.content["read_as"] == {"event.since": f"{today.isoformat()}Z", "event.before": "2026-11-20T08:00:00Z"}
    assert "read_as" not in full.content
