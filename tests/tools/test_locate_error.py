"""Where an error is in the repository: compared with the sandbox's world and with recordings, within 800 tokens."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crashgate.errors import Code
from crashgate.model.capability import CodeFacts, FrameFacts
from crashgate.providers.bugsnag import event_facts
from crashgate.providers.bugsnag.event import Event
from crashgate_sandbox.world.content.hostile import HOSTILE
from crashgate_sandbox.world.errors import Error
from tests.gate.gate import IOS, ok, open_gate, policy
from tests.house import OPERATOR, House, open_house, texts, write_policies
from tests.rows import read_row
from tests.tools.counting import tokens
from tests.tools.test_untrusted import EVERYTHING

MOST = 800
UNVERSIONED = "The event has no version, so its release is not known."
ABSOLUTE = "Paths are absolute: their beginning may not be in the repository."
NOT_SEEN = "not there, or not allowed to you"
AGENT = "narrow"
EVENTS_ONLY = """[[grant]]
connection = "bugsnag"
projects = ["checkout-ios"]
access.event = "read"
"""


async def _located(house: House, error: Error, agent: str = OPERATOR) -> tuple[dict[str, Any], int]:
    given = {"project_id": error.project.plan.slug, "error_id": error.id}
    answer = await house.call(agent, "locate_error", given)
    assert answer.error is None, answer.text
    return _flat(answer.content["location"]), tokens(dict(answer.content)) + tokens(answer.text)


def _flat(location: Mapping[str, Any]) -> dict[str, Any]:
    """The location with what outsiders wrote, of the code and of the release, under one key."""
    ours = {name: part for name, part in location.items() if name not in {"code", "release"}}
    both = [location[name] for name in ("code", "release") if name in location]
    assert all(set(part) == {"untrusted"} for part in both)
    return {**ours, "untrusted": {name: text for part in both for name, text in part["untrusted"].items()}}


def _path(file: str) -> str:
    return file.removeprefix("webpack:///")


@pytest.mark.parametrize("slug", ["checkout-ios", "checkout-android", "checkout-web", "payments-api", "storefront-web"])
async def test_an_error_is_located_as_the_world_has_it_in_one_call_of_800_tokens(tmp_path: Path, slug: str) -> None:
    async with open_house(tmp_path) as house:
        costs: dict[str, int] = {}
        for error in house.errors(slug)[::3]:
            location, costs[error.id] = await _located(house, error)
            newest = house.world.occurrences(error)[0]
            outside = location["untrusted"]
            assert location["event_id"] == newest.id
            assert (outside["version"], outside["stage"]) == (newest.release.version, newest.release.stage)
            if error.kind.error_class == "SIGABRT":
                continue
            place = error.place
            assert outside["frames"][0] == f"{_path(place.file)}:{place.line} {place.method}"
            assert [each.partition(":")[2].strip() for each in outside["source"]] == [
                each.strip() for each in place.code
            ]
            listed = [each for each in house.world.releases(error.project) if each.stage == newest.release.stage]
            if newest.release in listed[:10]:
                assert outside["revision"] == newest.release.revision
                assert outside["commit"].endswith(f"/commit/{newest.release.revision}")
                compared = f"/{newest.release.previous_revision}...{newest.release.revision}"
                assert outside.get("compare", compared).endswith(compared)
                assert location.get("warnings", [ABSOLUTE]) == [ABSOLUTE]
            else:
                assert (
                    "The event's version is none of the newest 10 releases of its stage by then."
                    in location["warnings"]
                )

    assert len(costs) > 5
    assert {error: cost for error, cost in costs.items() if cost > MOST} == {}


async def test_missing_symbols_are_a_warning_that_names_them(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        error = next(each for each in house.errors() if each.kind.error_class == "SIGABRT")
        location, cost = await _located(house, error)

    assert cost <= MOST
    assert location["untrusted"]["missing_symbols"] == [f"{error.id.upper()}00000000"]
    assert location["untrusted"]["frames"] == ["Checkout", "Checkout", "Checkout"]
    assert location["warnings"] == [
        "Symbols (dSYMs) of this crash are missing (1): upload them to see files and lines."
    ]


async def test_what_the_policy_refuses_is_named_and_nothing_of_it_is_told(tmp_path: Path) -> None:
    policies = write_policies(tmp_path / "policies", {AGENT: EVENTS_ONLY})
    async with open_house(tmp_path, policies=policies) as house:
        plain = house.errors()[0]
        symbols = next(each for each in house.errors() if each.kind.error_class == "SIGABRT")
        elsewhere = house.errors("checkout-web")[0]
        located, _ = await _located(house, plain, AGENT)
        without, _ = await _located(house, symbols, AGENT)
        foreign = await house.call(AGENT, "locate_error", {"project_id": "checkout-ios", "error_id": elsewhere.id})
        unknown = await house.call(AGENT, "locate_error_", {})
        sent = {each.path for each in house.requests}

    assert located["left_out"] == {"revision": NOT_SEEN}
    assert without["left_out"] == {"revision": NOT_SEEN, "missing_symbols": NOT_SEEN}
    assert {"revision", "commit", "compare", "missing_symbols"}.isdisjoint(
        {
            *located["untrusted"],
            *without["untrusted"],
        }
    )
    assert foreign == unknown
    assert not any("/releases" in path for path in sent)


@pytest.mark.threats(20, 29)
async def test_what_the_policy_redacts_of_an_event_is_not_in_its_location(tmp_path: Path) -> None:
    redaction = '[redact]\nfields = ["exceptions.stacktrace.file", "exceptions.stacktrace.code", "source_control"]\n'
    grants = EVENTS_ONLY + 'access.release = "read"\naccess.error = "read"\n'
    policies = write_policies(tmp_path / "policies", {AGENT: grants + redaction})
    async with open_house(tmp_path, policies=policies) as house:
        error = house.errors()[0]
        answer = await house.call(AGENT, "locate_error", {"project_id": "checkout-ios", "error_id": error.id})

    location = _flat(answer.content["location"])
    assert set(answer.content["redacted"]) == {
        "exceptions.stacktrace.code",
        "exceptions.stacktrace.file",
        "source_control",
    }
    assert error.place.file not in json.dumps(dict(answer.content))
    assert {"source", "revision", "commit", "compare"}.isdisjoint(location["untrusted"])
    assert location["warnings"] == [
        "3 of 3 frames have no file or line: symbols or a mapping are missing.",
        "The release has no revision: report it with the build.",
    ]


@pytest.mark.threats(5)
async def test_what_outsiders_wrote_stands_under_untrusted_on_one_line(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        hostile = next(each for each in house.errors() if each.message in HOSTILE)
        given = {"project_id": "checkout-ios", "error_id": hostile.id}
        answer = await house.call(OPERATOR, "locate_error", given)

    location = _flat(answer.content["location"])
    outside = location.pop("untrusted")
    assert outside["message"]
    assert hostile.message[:20] not in json.dumps(location) + answer.text
    assert not any("\n" in text for text in texts(outside))


FILES: Mapping[str, tuple[str, bool]] = {
    "Checkout/Cart.swift": ("Checkout/Cart.swift", False),
    "./app/models/refund.rb": ("app/models/refund.rb", False),
    "webpack:///src/a.ts": ("src/a.ts", False),
    "webpack://shop/./src/a.ts?1f2e": ("src/a.ts", False),
    "https://shop.example/assets/app.6fb2.js?v=3": ("assets/app.6fb2.js", True),
    "http://localhost/a.js": ("a.js", True),
    "file:///Users/dev/a.rb": ("/Users/dev/a.rb", False),
    "src\\Scanner\\Reader.cs": ("src/Scanner/Reader.cs", False),
    "": ("", False),
}


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_shown_as_its_path_in_a_repository(file: str) -> None:
    thrown = {"errorClass": "E", "stacktrace": [{"file": file, "lineNumber": 7, "inProject": True}]}
    path, served = FILES[file]

    (frame,) = event_facts.locate(read_row(Event, {"id": IOS.event, "exceptions": [thrown]})).frames

    assert frame == FrameFacts(path=path or None, line="7", method=None, served=served)


def test_frames_that_nobody_marked_are_all_told_and_said_to_be_so() -> None:
    frames: list[dict[str, Any]] = [{"file": f"f{n}.py", "lineNumber": n} for n in range(3)]
    unmarked = read_row(Event, {"id": IOS.event, "exceptions": [{"errorClass": "E", "stacktrace": frames}]})
    libraries = [{**each, "inProject": False} for each in frames]
    foreign = read_row(Event, {"id": IOS.event, "exceptions": [{"errorClass": "E", "stacktrace": libraries}]})

    assert [each.path for each in event_facts.locate(unmarked).frames] == ["f0.py", "f1.py", "f2.py"]
    assert event_facts.locate(unmarked).marked is False
    assert event_facts.locate(foreign) == CodeFacts(id=IOS.event, frames=(), marked=True, error_class="E")


async def _of_event(event: Mapping[str, Any], releases: list[Mapping[str, Any]]) -> tuple[Mapping[str, Any], str]:
    """The location that an event and releases of this form give."""
    opened = open_gate(policy(EVERYTHING))
    where = {"project_url": f"https://api.bugsnag.com/projects/{IOS.id}", "error_id": IOS.error}
    opened.upstream.answers[f"/errors/{IOS.error}/latest_event"] = lambda _: ok({"id": IOS.event, **where, **event})
    opened.upstream.answers[f"/projects/{IOS.id}/releases"] = lambda _: ok(releases)
    answer = await opened.call("locate_error", {"project_id": IOS.id, "error_id": IOS.error})
    assert answer.error is None, answer.text
    return _flat(answer.content["location"]), answer.text


async def test_an_event_of_nothing_is_located_nowhere() -> None:
    location, text = await _of_event({}, [])

    assert location == {
        "event_id": IOS.event,
        "untrusted": {},
        "warnings": ["No frame is the app's own.", UNVERSIONED],
    }
    assert text.startswith("0 frames of the app; the revision is not known.")


async def test_files_as_served_and_absolute_paths_are_said_to_be_so() -> None:
    frames = [
        {"file": "https://shop.example/app.js", "lineNumber": 1, "inProject": True},
        {"file": "/srv/app/a.rb", "lineNumber": 2, "inProject": True},
        {"file": None, "method": "main", "inProject": True},
    ]
    location, _ = await _of_event({"exceptions": [{"errorClass": "E", "stacktrace": frames}]}, [])

    assert location["untrusted"]["frames"] == ["app.js:1", "/srv/app/a.rb:2", "? main"]
    assert location["warnings"] == [
        "1 of 3 frames have no file or line: symbols or a mapping are missing.",
        "1 frames name files as browsers were served them: source maps are missing.",
        ABSOLUTE,
        UNVERSIONED,
    ]


@pytest.mark.parametrize(
    ("at", "revision"),
    [("2026-11-20T15:00:00.000Z", "second"), ("2026-11-18T15:00:00.000Z", "first"), (None, "second")],
)
async def test_of_two_builds_of_a_version_the_one_is_meant_that_was_out_by_then(at: str | None, revision: str) -> None:
    def release(number: int, day: int, name: str, **more: object) -> Mapping[str, Any]:
        return {
            "id": f"{number:024x}",
            "project_id": IOS.id,
            "app_version": "1.2.0",
            "release_time": f"2026-11-{day}T10:00:00+00:00",
            "release_stage": {"name": "production"},
            "source_control": {"revision": name, "commit_url": "https://x.example/c", "diff_url_to_previous": None},
            **more,
        }

    releases = [
        release(1, 20, "other stage", release_stage={"name": "beta"}),
        release(2, 19, "second"),
        release(3, 17, "first"),
        release(4, 16, "other version", app_version="1.1.0"),
    ]
    event = {"app": {"version": "1.2.0", "releaseStage": "production"}, "received_at": at}
    location, _ = await _of_event(event, releases)

    assert location["untrusted"]["revision"] == revision
    assert location["untrusted"]["commit"] == "https://x.example/c"
    assert "compare" not in location["untrusted"]


@pytest.mark.parametrize("name", ["recorded/035_get_errors_id_latest_event_200.json"])
def test_a_recorded_event_is_located(contracts: Path, name: str) -> None:
    recorded = json.loads((contracts / "bugsnag" / name).read_text(encoding="utf-8"))
    body = recorded["response"]["body"]
    code = event_facts.locate(read_row(Event, {**body, "id": IOS.event}))

    # In 2017 nobody marked whose the frames are.
    assert not code.marked
    assert code.frames[0].path is not None
    assert code.frames[0].path.endswith("/bugsnag-ruby/test.rb")
    assert code.frames[0].line is not None


async def test_a_policy_without_events_has_no_such_tool(tmp_path: Path) -> None:
    grants = EVENTS_ONLY.replace("access.event", "access.error")
    policies = write_policies(tmp_path / "policies", {AGENT: grants})
    async with open_house(tmp_path, policies=policies) as house:
        error = house.errors()[0]
        answer = await house.call(AGENT, "locate_error", {"project_id": "checkout-ios", "error_id": error.id})
        listed = {each.name for each in house.toolbox.listed(AGENT)}
        sent = list(house.requests)

    assert answer.error is Code.NOT_AVAILABLE
    assert "locate_error" not in listed
    assert sent == []
