"""The session of a crash: what BugSnag tells of an event leads to the session that the sandbox's world made with it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from crashgate.errors import Code
from crashgate.model.allowance import Allowance
from crashgate.model.capability import SessionFacts
from crashgate.model.composite import StepResult
from crashgate.tools.composites.find_sessions import MOST_PAGES, FindSessions, find_matches, take_steps
from crashgate_sandbox.machine_clock import MachineClock
from crashgate_sandbox.world.visits import Visit
from tests.house import House, everything, fresh_world, open_house, write_policies
from tests.session_providers import SessionProviders
from tests.tools.counting import tokens

AGENT, HIDDEN = "on-call", "no-people"
ALL = everything("bugsnag") + everything("bugspulse")
MOST = 1_500
CRASH = datetime.fromisoformat("2026-11-20T10:00:00Z")


@asynccontextmanager
async def _house(folder: Path) -> AsyncGenerator[House]:
    world = fresh_world()
    policies = write_policies(folder / "policies", {AGENT: ALL, HIDDEN: f'{ALL}[redact]\nfields = ["user_id"]\n'})
    providers = SessionProviders.usual(world.now, MachineClock(), limited=False, visits=world.visits)
    async with open_house(folder, policies=policies, world=world, session_providers=providers) as house:
        yield house


def _signed_in(house: House) -> Visit:
    return next(each for each in house.world.visits() if each.user is not None)


async def _found(house: House, agent: str, visit: Visit, **known: Any) -> tuple[dict[str, Any], str]:  # noqa: ANN401 - arguments
    answer = await house.call(agent, "find_sessions", {"at": visit.ended.isoformat(), **known})
    assert answer.error is None, answer.text
    assert tokens(dict(answer.content)) + tokens(answer.text) <= MOST
    return answer.content["search"], answer.text


async def test_what_an_event_tells_of_its_user_leads_to_the_session_and_on_to_what_they_did(tmp_path: Path) -> None:
    async with _house(tmp_path) as house:
        visit = _signed_in(house)
        one = visit.occurrence
        event = await house.call(AGENT, "get_event", {"project_id": one.error.project.plan.slug, "event_id": one.id})
        told = event.content["event"]
        user = told["untrusted"]["user"]["id"]
        answer = await house.call(AGENT, "find_sessions", {"at": told["received_at"], "user_id": user})
        (session,) = answer.content["search"]["sessions"]
        events = await house.call(AGENT, "list_session_events", {"session_id": session["untrusted"]["id"]})

    assert (session["join"], session["joined_by"], session["has_crash"]) == ("exact", ["user_id"], True)
    assert session["untrusted"]["id"] == visit.id
    assert answer.text.startswith("1 exact session among ")
    assert visit.id not in str({**session, "untrusted": None})
    assert len(events.content["events"]) == len(visit.trail) + 1
    assert tokens(dict(answer.content)) <= MOST


async def test_the_same_versions_at_the_same_time_are_a_possible_session(tmp_path: Path) -> None:
    async with _house(tmp_path) as house:
        visit = _signed_in(house)
        one = visit.occurrence
        known = {"app_version": one.release.version, "os_version": f"android {one.os_version}"}
        content, text = await _found(house, AGENT, visit, **known)
        exact, _ = await _found(house, AGENT, visit, session_id=visit.id, **known)

    by_id = {each["untrusted"]["id"]: each for each in content["sessions"]}
    assert by_id[visit.id]["joined_by"] == ["app_version", "os_version"]
    assert {each["join"] for each in content["sessions"]} == {"possible"}
    assert " possible session" in text
    assert exact["sessions"][0]["join"] == "exact"


@pytest.mark.threats(38)
async def test_where_the_policy_hides_users_nothing_depends_on_who_it_was(tmp_path: Path) -> None:
    async with _house(tmp_path) as house:
        visit = _signed_in(house)
        right = await house.call(HIDDEN, "find_sessions", {"at": visit.ended.isoformat(), "user_id": visit.user})
        wrong = await house.call(HIDDEN, "find_sessions", {"at": visit.ended.isoformat(), "user_id": "nobody"})

    assert right.content == wrong.content
    assert right.text == wrong.text
    assert right.content["search"]["sessions"] == []
    assert "user_id" in str(right.content["redacted"])


class _Endless:
    """Steps of a provider that always has one more page."""

    def __init__(self) -> None:
        self.asked = list[dict[str, Any]]()
        self.allowance = Allowance(most=12)

    async def ask(self, _: object, **arguments: object) -> StepResult[SessionFacts]:
        self.asked.append(arguments)
        assert len(self.asked) <= MOST_PAGES
        return StepResult(rows=(_session("another", -len(self.asked), 0),), where=None, next_mark="more")


@pytest.mark.ablation("sessions are looked for in a few pages")
async def test_at_most_five_pages_are_read_and_the_answer_says_what_was_searched() -> None:
    steps = _Endless()
    params = FindSessions(at=CRASH.isoformat(), user_id="nobody", hours=168)
    shown = await take_steps(cast("Any", steps), params)

    assert len(steps.asked) == MOST_PAGES
    assert shown.content["search"] == {
        "sessions": [],
        "began_from": "2026-11-13T10:00:00Z",
        "began_until": "2026-11-20T10:15:00Z",
        "sessions_read": MOST_PAGES,
        "complete": False,
        "read_back_to": "2026-11-20T09:55:00+00:00",
    }
    assert shown.text == (
        "No session among 5 sessions of that time fits. There are more that were not searched: give a smaller hours."
    )


async def test_without_anything_that_joins_nothing_is_sent(tmp_path: Path) -> None:
    async with _house(tmp_path) as house:
        answer = await house.call(AGENT, "find_sessions", {"at": "2026-11-20T10:00:00Z", "app_version": "4.18.0"})
        sent = list(house.requests)

    assert answer.error is Code.INVALID_ARGUMENTS
    assert answer.text.startswith("user_id or session_id is needed, or app_version with os_version.")
    assert sent == []


def _session(name: str, began: int, lasted: int | None, user: str | None = None) -> SessionFacts:
    """One that began and ended so many minutes after ten o'clock."""
    started = CRASH + timedelta(minutes=began)
    ended = None if lasted is None else started + timedelta(minutes=lasted)
    return SessionFacts(
        id=name,
        shown={},
        user=user,
        version="4.18.0",
        os_version="18.1",
        started_at=started.isoformat(),
        ended_at=None if ended is None else ended.isoformat(),
    )


def test_a_user_joins_at_any_time_of_the_window_and_versions_within_15_minutes_of_the_crash() -> None:
    sessions = [
        _session("over for 16 minutes", -30, 14),
        _session("over for 15 minutes", -30, 15),
        _session("around it", -10, 20),
        _session("begun 16 minutes before, without an end", -16, None),
        _session("of the user, hours before", -300, 10, "ada"),
    ]
    params = FindSessions(at=CRASH.isoformat(), user_id="ada", app_version="4.18.0", os_version="iOS 18.1")
    matches = [(each.session.id, each.exact) for each in find_matches(sessions, params, CRASH)]

    assert matches == [
        ("of the user, hours before", True),
        ("around it", False),
        ("over for 15 minutes", False),
    ]


def test_other_versions_or_no_beginning_are_no_match() -> None:
    params = FindSessions(at=CRASH.isoformat(), app_version="4.18.0", os_version="8.1")
    unknown = SessionFacts(id="unknown", shown={}, version="4.18.0", os_version="8.1")

    assert find_matches([_session("another system", -1, 2), unknown], params, CRASH) == []
