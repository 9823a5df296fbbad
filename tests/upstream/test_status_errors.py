"""What a status means where a provider documents nothing of its own."""

import pytest

from crashgate.errors import Code, UpstreamError
from crashgate.model import status_errors
from crashgate.model.message import Response
from crashgate.model.operation import AnyOperation
from crashgate.providers.browserstack.new_sessions import CREATE_SESSION
from crashgate.providers.bugspulse.sessions import LIST_SESSIONS
from tests.upstream.exchanges import BUGSPULSE

STATUSES = (302, 400, 401, 402, 403, 404, 405, 409, 413, 418, 422, 429, 500, 502, 503, 504)


def failed(
    status: int,
    *,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    operation: AnyOperation = LIST_SESSIONS,
    code: str = "",
    why: str = "",
    wait: float = 60.0,
) -> UpstreamError:
    response = Response(status=status, headers=headers or {}, body=body)
    problem = status_errors.failure(response, operation, BUGSPULSE, code=code, why=why, wait=wait)
    assert problem is not None
    return problem


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (
            400,
            Code.UPSTREAM_REJECTED,
            "BugsPulse refused the arguments (400). Check the values of the arguments.",
        ),
        (
            401,
            Code.UPSTREAM_CREDENTIAL,
            (
                "BugsPulse did not accept crashgate's own credential (401). The credential of the connection is wrong, "
                "expired or revoked; yours is not the cause. Tell the operator of crashgate to renew the credential of "
                "connection pulse."
            ),
        ),
        (
            403,
            Code.UPSTREAM_FORBIDDEN,
            (
                "BugsPulse refused (403). The account or the plan behind crashgate's credential does not allow it. "
                "Tell the operator of crashgate (connection pulse)."
            ),
        ),
        (404, Code.NOT_AVAILABLE, "BugsPulse has no such thing, or shows it to others only (404)."),
        (
            405,
            Code.UPSTREAM_REJECTED,
            (
                "BugsPulse does not take such a request there (405). The address of the connection may be wrong. "
                "Tell the operator of crashgate (connection pulse)."
            ),
        ),
        (
            409,
            Code.UPSTREAM_REJECTED,
            "BugsPulse refused the call (409). It does not go with what is there. Look at what is there first.",
        ),
        (413, Code.UPSTREAM_REJECTED, "BugsPulse refused the call (413). It is too large. Send less."),
        (422, Code.UPSTREAM_REJECTED, "BugsPulse refused the arguments (422). Check the values of the arguments."),
        (
            429,
            Code.UPSTREAM_RATE_LIMITED,
            (
                "BugsPulse's rate limit is used up (429). All agents share the limit of the connection. "
                "Wait 60 s; then ask for more rows per page rather than for more pages."
            ),
        ),
        (500, Code.UPSTREAM_UNAVAILABLE, "BugsPulse failed (500). Try again in a minute."),
        (302, Code.UPSTREAM_UNAVAILABLE, "BugsPulse failed (302). Try again in a minute."),
    ],
)
def test_each_status_has_its_meaning_in_our_own_words(status: int, code: Code, told: str) -> None:
    problem = failed(status)

    assert (problem.code, problem.status, str(problem)) == (code, status, told)


def test_the_providers_code_and_what_the_dialect_knows_stand_with_it() -> None:
    problem = failed(400, code="invalid_id", why="An id is not of its form.")

    assert str(problem) == (
        "BugsPulse refused the arguments (400, code invalid_id). An id is not of its form. "
        "Check the values of the arguments."
    )


@pytest.mark.parametrize("status", [500, 503, 302])
def test_a_change_that_failed_may_have_happened(status: int) -> None:
    assert str(failed(status, operation=CREATE_SESSION)) == (
        f"BugsPulse failed ({status}). The change may or may not have happened. Check before you try again."
    )


@pytest.mark.parametrize(
    ("status", "header", "wait"),
    [
        (429, "7", 7.0),
        (429, "0", 0.0),
        (429, None, 41.0),
        (429, "soon", 41.0),
        (429, "-1", 41.0),
        (429, "\u0663", 41.0),
        (429, "9" * 400, 300.0),
        (503, "30", 30.0),
        (503, None, None),
        (400, "30", None),
        (404, "30", None),
    ],
)
def test_the_time_to_wait_is_the_headers_or_what_the_dialect_knows(
    status: int, header: str | None, wait: float | None
) -> None:
    headers = {} if header is None else {"retry-after": header}

    assert failed(status, headers=headers, wait=41.0).retry_after == wait


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff", b"[" * 90_000, b'{"a":"' + b"x" * 200_000]
)
def test_an_odd_body_tells_nothing_and_breaks_nothing(body: bytes) -> None:
    assert status_errors.told(body) == {}
