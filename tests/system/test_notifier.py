"""The vendor's own notifier for Python reports sessions to the sandbox; report_sessions comes to the same counts."""

import sys
from collections import Counter
from pathlib import Path

from anyio import run_process

from crashgate_sandbox.bugsnag_sessions.service import PART as SESSIONS_PART
from tests.house import OPERATOR, policies_of_all, small_environment
from tests.system.served import Site, open_site

SESSIONS = 7
NOTIFIER = """
import sys
import bugsnag

client = bugsnag.Client(
    api_key=sys.argv[1],
    session_endpoint=sys.argv[2],
    endpoint=sys.argv[2],
    app_version="4.18.0",
    release_stage="production",
    asynchronous=False,
    auto_capture_sessions=False,
)
for _ in range(int(sys.argv[3])):
    client.session_tracker.start_session()
client.session_tracker.send_sessions(asynchronous=False)
"""


async def _notified(site: Site, key: str, number: int) -> None:
    """The notifier in a process of its own, as in an app."""
    address = f"{site.upstream}{SESSIONS_PART.prefix}"
    command = [sys.executable, "-c", NOTIFIER, key, address, str(number)]
    await run_process(command, env=small_environment(), check=True)


async def test_the_notifier_and_report_sessions_come_to_equal_counts(tmp_path: Path) -> None:
    policies = policies_of_all(tmp_path / "policies")
    async with open_site(tmp_path, policies=policies, all_providers=True) as site:
        project = site.world.project("checkout-ios")
        assert project is not None
        await _notified(site, project.api_key, SESSIONS)
        theirs = site.world.sessions.minutes()
        statuses = {each.status for each in site.requests.received}
        # The same minutes, written with their zone; sessions may have started on both sides of a full minute.
        counts = [
            {"startedAt": minute.strftime("%Y-%m-%dT%H:%M:00Z"), "sessionsStarted": number}
            for (_, minute), number in theirs.items()
        ]
        site.world.sessions.clear()
        async with site.client(OPERATOR, face="stdio", era="auto") as client:
            app = {"version": "4.18.0", "releaseStage": "production"}
            result = await client.call_tool("report_sessions", {"app": app, "session_counts": counts})
        ours = site.world.sessions.minutes()

    assert statuses == {202}
    assert Counter(theirs).total() == SESSIONS
    assert {one for one, _ in theirs} == {project.id}
    assert result.is_error is False
    assert ours == theirs


async def test_the_notifier_with_a_wrong_key_counts_nothing(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await _notified(site, "0" * 32, SESSIONS)
        kept, statuses = site.world.sessions.minutes(), [each.status for each in site.requests.received]

    assert kept == {}
    assert statuses == [401]
