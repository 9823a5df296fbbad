"""Many agents at one upstream: asked once where they ask the same, and in turns within its budget (THREATS row 23)."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from crashgate.audit.record import Effect, Ending, Purpose
from crashgate.errors import Code
from crashgate.gate.call import Ask
from crashgate.model.message import Request as Sent
from crashgate.model.message import Response
from crashgate.providers.bugspulse.sessions import EXPORT_SESSIONS
from crashgate.upstream.budget import Turns
from crashgate_sandbox.bugspulse.key import BUGSPULSE_KEY
from crashgate_sandbox.bugspulse.service import BugsPulse
from crashgate_sandbox.faults import Fault, FaultKind
from tests.catalogue import PROVIDERS
from tests.gate.gate import IOS, PlayedUpstream, open_gate, policy, principal
from tests.house import NOW, SESSION_PROVIDERS, everything, open_house, write_policies
from tests.upstream.virtual_time import run

AGENTS = [f"agent-{number:02d}" for number in range(100)]
ASKED: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "bugsnag": ({"project_id": "checkout-ios"}, "/projects/*/errors"),
    "bugspulse": ({}, "/bugspulse/export/sessions"),
    "browserstack": ({}, "/browserstack/api/public/sessions"),
    "devrev": ({"app_id": "com.acme.checkout", "platform": "ios"}, "/devrev/observability.sessions.list"),
}


@pytest.mark.ablation("an identical read under way is asked for once")
@pytest.mark.parametrize("provider", ["bugsnag", *SESSION_PROVIDERS])
async def test_a_hundred_agents_that_ask_the_same_at_once_are_one_request(tmp_path: Path, provider: str) -> None:
    # Guards: SharedReads, and that each of them is decided and recorded for itself all the same.
    policies = write_policies(tmp_path / "policies", dict.fromkeys(AGENTS, everything(provider)))
    arguments, path = ASKED[provider]
    tool = "list_errors" if provider == "bugsnag" else "list_sessions"
    async with open_house(tmp_path, policies=policies) as house:
        # Long enough for all of them to be decided.
        house.faults.add(Fault(kind=FaultKind.SLOW, path=path, seconds=1.2))
        answers = await asyncio.gather(*(house.call(agent, tool, arguments) for agent in AGENTS))
        entries = [each for each in house.entries if each.decision.record.purpose is Purpose.CALL]
        sent = [each for each in house.requests if each.path.endswith(path.rpartition("/")[2])]

    assert {answer.error for answer in answers} == {None}
    assert len({str(dict(answer.content) | {"next_cursor": ""}) for answer in answers}) == 1
    assert len(sent) == 1
    assert sorted(each.decision.record.agent for each in entries) == AGENTS
    assert {each.decision.record.effect for each in entries} == {Effect.ALLOW}
    outcomes = [each.outcome.record for each in entries if each.outcome is not None]
    assert Counter((each.shared, each.requests, each.result) for each in outcomes) == {
        (False, 1, Ending.ANSWERED): 1,
        (True, 0, Ending.ANSWERED): 99,
    }


async def test_an_answer_is_shared_but_not_what_each_may_see_of_it(tmp_path: Path) -> None:
    # One request, and still each agent's own environments.
    granted = '[[grant]]\nconnection = "browserstack"\nenvironments = ["{}*"]\naccess.session = "read"\n'
    names = ("staging", "production")
    policies = write_policies(tmp_path / "policies", {name: granted.format(name[:4]) for name in names})
    async with open_house(tmp_path, policies=policies) as house:
        house.faults.add(Fault(kind=FaultKind.SLOW, seconds=0.5))
        found = await asyncio.gather(*(house.call(name, "list_sessions", {"per_page": 100}) for name in names))
        assert len(house.requests) == 1

    seen = [{row["environment"] for row in answer.content["sessions"]} for answer in found]
    assert seen == [{"staging"}, {"production"}]


class LoopClock:
    """The loop's own time, which passes at once when everybody waits."""

    def now(self) -> datetime:
        return NOW.astimezone(UTC) + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


@dataclass(kw_only=True)
class LimitedPulse(PlayedUpstream):
    """The sandbox's BugsPulse with the vendor's limit; an answer takes a twentieth of a second."""

    pulse: BugsPulse
    statuses: list[int] = field(default_factory=list[int])

    async def send(self, request: Sent) -> Response:
        path, _, query = request.url.partition("://")[2].partition("/")[2].partition("?")
        await asyncio.sleep(0.05)
        headers = [(b"authorization", f"Bearer {BUGSPULSE_KEY}".encode())]
        scope = {
            "type": "http", "method": request.method, "path": f"/{path}", "query_string": query.encode(),
            "headers": headers,
        }  # fmt: skip
        answer = self.pulse.answer(Request(scope), b"")
        self.statuses.append(answer.status_code)
        return Response(status=answer.status_code, headers=dict(answer.headers), body=bytes(answer.body))


@pytest.mark.threats(23)
def test_busy_agents_and_an_export_share_the_budget_in_turns_and_meet_no_429() -> None:
    # Guards: Turns between Gateway and transport. Three minutes of the vendor's own limit, in no time.
    busy, minutes = AGENTS[:5], 3
    done: Counter[str] = Counter()

    async def main() -> LimitedPulse:
        pulse = BugsPulse(now=NOW, clock=LoopClock(), sessions=400_000)
        upstream = LimitedPulse(organizations={}, sites=(IOS,), pulse=pulse)
        gate = open_gate(
            *(policy(everything("bugspulse"), agent=each, connections=("bugspulse",)) for each in AGENTS[:6]),
            upstream=upstream,
            connections=("bugspulse",),
            turns=Turns(PROVIDERS["bugspulse"].budget),
        )

        async def work(agent: str) -> None:
            for number in range(1, 1_000):
                # Each asks for something else, so that nothing is shared.
                given = {"per_page": number, "since": f"2026-10-{busy.index(agent) + 1:02d}"}
                answer = await gate.call("list_sessions", given, agent=agent)
                assert answer.error in {None, Code.UPSTREAM_RATE_LIMITED}
                done[agent] += answer.error is None
                # Who is told that the budget is used up comes back a little later.
                await asyncio.sleep(0 if answer.error is None else 2)

        async def export() -> None:
            ask = Ask(
                principal=principal(AGENTS[5]),
                tool="export_sessions",
                operation=EXPORT_SESSIONS,
                connection="bugspulse",
                arguments={},
            )
            async with gate.gateway.reading(ask) as reading:
                async for _ in reading.pages(None):
                    done[AGENTS[5]] += 1

        tasks = [asyncio.create_task(each) for each in (export(), *(work(agent) for agent in busy))]
        await asyncio.sleep(minutes * 60)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert not [task for task in tasks if not task.cancelled() and task.exception() is not None]
        assert 429 not in {outcome.status for outcome in gate.log.outcomes}
        return upstream

    upstream = run(main())

    assert set(upstream.statuses) == {200}
    # As much as the limit allows; of the agents nobody more than a share, and the export is not forgotten.
    assert minutes * 60 * 0.95 <= len(upstream.statuses) <= minutes * 60
    shares = [done[agent] for agent in busy]
    assert max(shares) - min(shares) <= 3
    assert done[AGENTS[5]] >= minutes
