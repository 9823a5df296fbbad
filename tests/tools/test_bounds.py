"""What bounds an answer that upstream does not bound. Rule: nothing is left out without being counted."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.mcp import render
from crashgate.views.present import ANSWER_BYTES, ROWS_BYTES, bounded, compact, cut, fit, shorten, size, squeezed
from tests.gate.gate import ACME, ANDROID, IOS, PAYMENTS, ok, open_gate, policy
from tests.tools import canary
from tests.tools.asks import RIGHT
from tests.tools.counting import tokens
from tests.tools.played import open_to_all


def test_rows_are_shown_until_they_are_too_much_and_always_one() -> None:
    long = "x" * (ROWS_BYTES // 3 - 10)
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
        assert size(dict(answer.content)) <= ANSWER_BYTES
        seen += [each["id"] for each in answer.content["events"]]
        told.append(answer.text)
        if "next_cursor" not in answer.content:
            break
        asked = {**asked, "cursor": answer.content["next_cursor"]}

    assert seen == [each["id"] for each in _events(60)]
    assert len(told) == 7
    assert told[0].endswith(f"{57 - told_rows(told[0])} more are too much for one answer: next_cursor shows them.")
    assert [each.continued for each in opened.log.decisions if each.parent is None] == [False, *[True] * 6]


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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=400),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=60), inner, max_size=6),
    max_leaves=30,
)


@given(st.dictionaries(st.sampled_from(["a", "untrusted", "b"]), JSON), st.integers(100, 2_000))
def test_whatever_is_shortened_fits_and_stays_under_its_marks(content: dict[str, Any], most: int) -> None:
    kept = shorten(content, most)

    assert size(kept) <= max(most, len("null"))
    assert set(kept or {}) <= set(content)
    assert kept == content if size(content) <= most else kept != content


def test_small_parts_stay_whole_and_large_ones_share_the_room() -> None:
    event = {"id": "e1", "untrusted": {"context": "Cart", "metaData": {"x": "決" * 50_000}, "threads": ["y" * 90_000]}}
    kept, shortened = fit({"event": event})

    assert shortened
    assert size(dict(kept)) <= ANSWER_BYTES
    assert kept["shortened"]["parts"] == ["metaData", "threads"]
    assert (kept["event"]["id"], kept["event"]["untrusted"]["context"]) == ("e1", "Cart")
    sizes = [size(kept["event"]["untrusted"][name]) for name in ("metaData", "threads")]
    assert min(sizes) > ANSWER_BYTES // 3


JAPANESE = "決済処理中に予期しないエラーが発生しました。もう一度お試しください。"
LONG = {"japanese": JAPANESE * 1_200, "quotes": '"\\"' * 20_000, "emoji": "\U0001f600" * 15_000}


def _in_scripts() -> Iterator[object]:
    """Every tool with every script; each tool with one of them in every run, and with the others at night."""
    for number, (provider, tool) in enumerate(RIGHT):
        for other, script in enumerate(LONG):
            marks = [] if (number + other) % len(LONG) == 0 else [pytest.mark.nightly]
            yield pytest.param(provider, tool, script, marks=marks)


@pytest.mark.ablation("an answer is bounded in bytes whatever the script")
@pytest.mark.parametrize(("provider", "tool", "script"), list(_in_scripts()))
async def test_no_answer_is_larger_than_a_client_takes_in_any_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str, tool: str, script: str
) -> None:
    # Guards: fit in the toolbox, over every tool, with every text as long as upstream may make it.
    monkeypatch.setattr(canary, "TEXT", LONG[script])
    upstream = canary.CanaryUpstream(organizations={ACME: "acme"}, sites=(IOS, ANDROID, PAYMENTS))
    opened = open_to_all(provider, tmp_path, upstream=upstream)
    properties: dict[str, Any] = next(
        each.input_schema["properties"] for each in opened.toolbox.listed("triage-agent") if each.name == tool
    )
    more = {"detail": "full"} if "detail" in properties else {}
    answer = await opened.call(tool, {**RIGHT[provider, tool], **more})
    result = render.answer(answer)
    wire = json.loads(result.model_dump_json(by_alias=True))

    assert size(wire["structuredContent"]) <= ANSWER_BYTES + 1_000
    for block in wire["content"]:
        assert len(block.get("text", "").encode()) <= ANSWER_BYTES + 1_000
        assert size(block.get("text", "")) <= 2 * (ANSWER_BYTES + 1_000)
    assert tokens(compact(wire["structuredContent"])) <= 25_000
