"""The keys of a Langfuse project: how they go over the wire, and which cannot work."""

import pytest

from crashgate.errors import Code, ConfigurationError, UpstreamError
from crashgate.providers.browserstack.new_sessions import CREATE_SESSION
from crashgate.providers.browserstack.sessions import GET_SESSION, LIST_SESSIONS, GetSession, ListSessions
from tests.upstream.test_browserstack import NEW, connection, request_for

BASIC = "Basic cGstbGYtY2FuYXJ5LXB1YmxpYzpzay1sZi1jYW5hcnktc2VjcmV0"
"""The pair of keys of the usual connection."""

WRITE_ONLY = "wk-lf-canary-writer"


def test_the_pair_of_keys_goes_as_basic_and_nothing_else_says_who_asks() -> None:
    assert dict(request_for(LIST_SESSIONS, ListSessions()).headers) == {
        "Authorization": BASIC,
        "Accept": "application/json",
    }
    assert dict(request_for(CREATE_SESSION, NEW).headers) == {
        "Authorization": BASIC,
        "Accept": "application/json",
        "Content-Type": "application/json",
    }


@pytest.mark.ablation("a key that may only write reads nothing")
def test_a_key_that_may_only_write_goes_as_bearer_and_reads_nothing() -> None:
    writer = connection(WRITE_ONLY)

    assert request_for(CREATE_SESSION, NEW, writer).headers["Authorization"] == f"Bearer {WRITE_ONLY}"
    for operation, params in ((LIST_SESSIONS, ListSessions()), (GET_SESSION, GetSession(session_id="a"))):
        with pytest.raises(UpstreamError) as caught:
            request_for(operation, params, writer)
        assert caught.value.code is Code.UPSTREAM_FORBIDDEN
        assert str(caught.value) == (
            "The key of the connection may only write; nothing was sent. Reading takes the public and the secret key "
            "of the project. Tell the operator of crashgate (connection evals)."
        )


@pytest.mark.parametrize(
    ("credential", "why"),
    [
        ("", "It is empty, or holds a space or a character beyond ASCII."),
        ("pk-lf-canary:sk-lf-canary\n", "It is empty, or holds a space or a character beyond ASCII."),
        ("wk-lf-canary\r\nX-Evil: 1", "It is empty, or holds a space or a character beyond ASCII."),
        ("pk-lf-canary", "It is one key: there is no colon in it."),
        ("sk-lf-canary", "It is one key: there is no colon in it."),
        ("pk-lf-canary:", "One of its two keys is empty."),
        (":sk-lf-canary", "One of its two keys is empty."),
        ("sk-lf-canary:pk-lf-canary", "Its two keys are in the wrong order: the public one comes first."),
        ("wk-lf-canary:sk-lf-canary", "A key that may only write stands alone."),
    ],
)
def test_a_credential_that_cannot_work_is_told_when_the_connection_is_made_and_not_shown(
    credential: str, why: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connection(credential)

    assert str(caught.value) == (
        f"connection evals: the credential cannot be used. {why} Give the public and the secret key of the project as "
        '"pk-lf-…:sk-lf-…", or a key that may only write as "wk-lf-…".'
    )
    assert "canary" not in str(caught.value)


def test_keys_of_a_self_hosted_server_may_have_any_words() -> None:
    assert connection("lf_pk_1234567890:lf_sk:with-colon").credential.get_secret_value().count(":") == 2
