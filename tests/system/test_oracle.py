"""An independent oracle: what the sandbox received is exactly what the log allowed, in order.

The requests are worked out from the records alone, by tables that were written from the vendors' documents; the
product's codec and catalogue are not asked.
"""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from crashgate.audit.call import Entry
from crashgate.audit.record import Purpose
from crashgate.config import wiring
from crashgate.errors import Code
from crashgate.identity import Principal, Via
from tests.system.oracle.cast import cast_of
from tests.system.oracle.expected import TABLES, check_pages, expected, heard, overheard
from tests.system.served import open_site

SEEDS = {
    "bugsnag": 6,
    "bugsnag-sessions": 2,
    "bugspulse": 3,
    "browserstack": 3,
    "devrev": 3,
}


@pytest.mark.parametrize(
    ("provider", "seed"), [(provider, seed) for provider, most in SEEDS.items() for seed in range(most)]
)
async def test_the_sandbox_received_exactly_what_the_log_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str, seed: int
) -> None:
    draw, cast = random.Random(seed), cast_of(provider, seed)  # noqa: S311 - a test that can be repeated
    policies = cast.policies(tmp_path / "policies", draw)
    answers = Counter[Code | None]()
    composite_calls = resumed = 0
    others = cast.session_providers
    async with open_site(tmp_path, all_providers=others is not None, session_providers=others) as site:
        arrived = overheard(site, monkeypatch)
        settings, environment = cast.settings(site, policies)
        async with wiring.toolbox(settings, environment) as toolbox:
            people = cast.agents(site, [path.stem for path in policies.glob("*.toml")], draw)
            for step in range(cast.steps):
                if step in cast.faults:
                    site.faults.add(cast.faults[step])
                agent = draw.choice(sorted(people))
                agent, tool, arguments = cast.scenes.get(step) or (agent, *people[agent].call())
                composite_calls += tool in cast.composites
                answer = await toolbox.call(Principal(agent=agent, via=Via.MEMORY), tool, arguments)
                people[agent].saw(answer.content)
                resumed += "resume" in arguments and answer.error is None
                answers[answer.error] += 1
        received = arrived()
        entries = list(site.log.entries())[::-1]

    assert heard(received) == list(expected(entries))
    check_pages(entries, received)
    # The session was worth looking at.
    assert answers[None] > 10
    assert answers[Code.NOT_AVAILABLE] > 10
    calls = [each for each in entries if each.decision.record.purpose is Purpose.CALL]
    assert (
        len([each for each in calls if each.decision.record.tool not in cast.composites]) + composite_calls
        == cast.steps
    )
    assert all(verdict.sound and verdict.end_checked for verdict in site.log.verify())
    assert resumed > 0 or not cast.breaks_off
    _check_that_enough_happened(provider, entries)


def _check_that_enough_happened(provider: str, entries: Sequence[Entry]) -> None:
    """At BugSnag something took several requests; elsewhere all that there is was done, exports of pages too."""
    sent = Counter[str]()
    for each in entries:
        requests = each.outcome.record.requests if each.outcome else 0
        sent[each.decision.record.operation or ""] = max(requests, sent[each.decision.record.operation or ""])
    if provider == "bugsnag":
        assert max(sent.values()) > 1
        return
    exports = {operation for operation in TABLES[provider].operations if operation.endswith(".export")}
    assert {operation for operation in TABLES[provider].operations if not sent[operation]} == set()
    assert max((sent[each] for each in exports), default=2) > 1
