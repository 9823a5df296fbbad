"""Session tracking on the wire: what was counted, what was not, and what nobody knows."""

import json

import pytest

from crashgate.errors import Code, UpstreamError
from crashgate.model.message import Response
from crashgate.providers.bugsnag_sessions.sessions import MOST_COUNTS, REPORT_SESSIONS, ReportSessions
from crashgate.providers.bugsnag_sessions.wire import BugSnagSessions
from crashgate.upstream.codec import encode
from tests.upstream.exchanges import SESSIONS, TOKEN

DIALECT = BugSnagSessions(SESSIONS)
MINUTE = {"startedAt": "2026-11-20T15:29:00Z", "sessionsStarted": 3}


def failed(status: int, body: bytes = b"") -> UpstreamError:
    problem = DIALECT.failure(Response(status=status, headers={}, body=body), REPORT_SESSIONS)
    assert problem is not None
    return problem


def report(*counts: object) -> ReportSessions:
    return ReportSessions.model_validate(
        {"sent_at": "2026-11-20T15:30:00Z", "app": {}, "device": {}, "session_counts": counts or [MINUTE]}
    )


@pytest.mark.parametrize("status", [200, 202, 204])
def test_every_success_is_taken_as_the_notifiers_take_it(status: int) -> None:
    assert DIALECT.failure(Response(status=status, headers={}, body=b""), REPORT_SESSIONS) is None


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (400, Code.UPSTREAM_REJECTED, "nothing of it was counted"),
        (405, Code.UPSTREAM_REJECTED, "nothing of it was counted"),
        (413, Code.UPSTREAM_REJECTED, "nothing of it was counted"),
        (422, Code.UPSTREAM_REJECTED, "nothing of it was counted"),
        (401, Code.UPSTREAM_CREDENTIAL, "nothing was counted"),
        (403, Code.UPSTREAM_CREDENTIAL, "nothing was counted"),
        (429, Code.UPSTREAM_RATE_LIMITED, "Send the same counts again in a minute"),
        (500, Code.UPSTREAM_UNAVAILABLE, "a second report would count twice"),
        (502, Code.UPSTREAM_UNAVAILABLE, "a second report would count twice"),
        (302, Code.UPSTREAM_UNAVAILABLE, "a second report would count twice"),
    ],
)
def test_each_failure_says_whether_the_sessions_were_counted(status: int, code: Code, told: str) -> None:
    problem = failed(status)

    assert (problem.code, problem.status) == (code, status)
    assert told in str(problem)


def test_a_report_is_sent_with_the_projects_key_and_never_twice_by_itself() -> None:
    request = encode(REPORT_SESSIONS, report(), SESSIONS)

    assert (request.method, request.url, request.repeatable) == ("POST", "https://sessions.bugsnag.com/", False)
    assert dict(request.headers) == {
        "Bugsnag-Api-Key": TOKEN,
        "Bugsnag-Payload-Version": "1.0",
        "Bugsnag-Sent-At": "2026-11-20T15:30:00Z",
        "Content-Type": "application/json",
    }


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("2026-11-20T15:29:59Z", "2026-11-20T15:29:00Z"),
        ("2026-11-20T16:29:30.5+01:00", "2026-11-20T15:29:00Z"),
        ("2026-11-20T00:10:00+05:45", "2026-11-19T18:25:00Z"),
        ("2026-11-20T15:29:00", "2026-11-20T15:29:00Z"),
        ("2026-11-20T15:29Z", "2026-11-20T15:29:00Z"),
    ],
)
def test_a_time_becomes_a_minute_of_utc(given: str, sent: str) -> None:
    request = encode(REPORT_SESSIONS, report({"startedAt": given, "sessionsStarted": 1}), SESSIONS)

    assert json.loads(request.body or b"")["sessionCounts"] == [{"startedAt": sent, "sessionsStarted": 1}]


def test_a_full_report_stays_far_below_the_vendors_limit_of_a_megabyte() -> None:
    # Guards: MOST_COUNTS; https://docs.bugsnag.com/api/sessions/ refuses a body above 1 MB.
    largest = {"startedAt": "2026-11-20T15:29:00Z", "sessionsStarted": 1_000_000_000}

    assert len(encode(REPORT_SESSIONS, report(*[largest] * MOST_COUNTS), SESSIONS).body or b"") < 100_000
