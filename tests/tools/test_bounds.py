"""What bounds an answer that upstream does not bound. Rule: nothing is left out without being counted."""

from dataclasses import replace

from crashgate.tools.views.bounds import MOST_CHARACTERS, bounded
from crashgate.tools.views.fields import cut, squeezed
from tests.gateway.gate import IOS, ok, open_gate, policy


def test_rows_are_shown_until_they_are_too_much_and_always_one() -> None:
    long = "x" * (MOST_CHARACTERS // 3)
    shown, rest = bounded([long] * 10, lambda each: each, most=8, remedy="Ask for less.")
    only, more = bounded([long * 9] * 2, lambda each: each, most=8, remedy="Ask for less.")

    assert (len(shown), rest) == (3, {"not_shown": {"count": 7, "remedy": "Ask for less."}})
    assert (len(only), more["not_shown"]["count"]) == (1, 1)
    assert bounded([], lambda each: each, most=8, remedy="") == ([], {})


def test_a_value_is_cut_whatever_it_is_made_of() -> None:
    nested = {"a": [{"b": "x" * 50}] * 3}

    assert squeezed(nested, 1_000) == nested
    assert squeezed(nested, 20) == '{"a":[{"b":"xxxxxxx…'
    assert squeezed(7, 1) == 7
    assert squeezed("x" * 30, 10) == "x" * 9 + "…"
    assert cut({"at": "x" * 9, "untrusted": {"data": nested}}, 5) == {
        "at": "xxxx…",
        "untrusted": {"data": '{"a"…'},
    }


def _events(count: int) -> list[dict[str, object]]:
    """So many events of one second, each with much text; more than the page that was asked for."""
    project = f"https://api.bugsnag.com/projects/{IOS.id}"
    return [{"id": f"{n:024x}", "project_url": project, "context": f"{n} " + "x" * 3_000} for n in range(count)]


async def test_rows_beyond_what_fits_come_with_the_next_cursor_and_none_is_lost_or_twice() -> None:
    # Guards: rest_of and within; upstream's next page begins after all of this one's rows.
    opened = open_gate(policy('[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\naccess.event = "read"\n'))
    path = f"/projects/{IOS.id}/events"
    links = {"next": f"https://api.bugsnag.com{path}?offset=x"}
    opened.upstream.answers[path] = lambda request: (
        ok(_events(60)[57:]) if "offset=x" in request.url else replace(ok(_events(57)), links=links)
    )
    asked, seen, told = {"project_id": IOS.id, "per_page": 30}, list[str](), list[str]()
    while True:
        answer = await opened.call("list_events", asked)
        assert answer.error is None, answer.text
        assert len(str(answer.content)) < MOST_CHARACTERS + 5_000
        seen += [each["id"] for each in answer.content["events"]]
        told.append(answer.text)
        if "next_cursor" not in answer.content:
            break
        asked = {**asked, "cursor": answer.content["next_cursor"]}

    assert seen == [each["id"] for each in _events(60)]
    assert len(told) == 4
    assert told[0].endswith(f"{57 - told_rows(told[0])} more are too much for one answer: next_cursor shows them.")
    assert [each.continued for each in opened.log.decisions if each.parent is None] == [False, True, True, True]


def told_rows(text: str) -> int:
    return int(text.partition(" ")[0])


async def test_a_list_without_pages_says_how_to_ask_for_less() -> None:
    opened = open_gate(policy('[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\naccess.event_field = "read"\n'))
    opened.upstream.answers[f"/projects/{IOS.id}/event_fields"] = lambda _: ok(
        [{"display_id": f"field.{n}", "values": ["x" * 3_000]} for n in range(40)]
    )
    answer = await opened.call("list_event_fields", {"project_id": IOS.id, "detail": "full"})

    left = 40 - len(answer.content["event_fields"])
    assert left > 0
    assert answer.content["not_shown"] == {"count": left, "remedy": "ask for fewer, with filters"}
    assert "next_cursor" not in answer.content
