"""Where a connection may point, and that its credential does not show."""

import pytest
from pydantic import SecretStr

from crashgate.errors import ConfigurationError
from crashgate.model.provider import Auth, Connection
from crashgate.providers.bugsnag.wire import BugSnag
from tests.catalogue import PROVIDERS


def made(base_url: str, provider: str = "bugsnag") -> Connection:
    return Connection(
        name="bugsnag", provider=PROVIDERS[provider], base_url=base_url, credential=SecretStr("canary-token")
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://api.bugsnag.com",
        "https://api.bugsnag.smartbear.com",
        "https://bugsnag.example.com:8443/data-access/v2",
        "https://10.0.0.7",
        "https://[fd00::7]:8443",
        "http://127.0.0.1:4000",
        "http://localhost:4000",
        "http://localhost",
        "http://[::1]:4000",
    ],
)
def test_https_anywhere_and_http_on_loopback_are_taken(url: str) -> None:
    assert made(url).base_url == url


@pytest.mark.ablation("a credential goes over https, or stays on this machine")
@pytest.mark.threats(10)
@pytest.mark.parametrize(
    "url",
    [
        "http://api.bugsnag.com",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.2",
        "http://0.0.0.0",
        "http://169.254.169.254",
        "http://[fd00::7]",
        "http://2130706433",
    ],
)
def test_http_to_another_machine_is_refused_because_the_credential_would_be_readable(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        made(url)

    assert str(caught.value) == (
        "connection bugsnag: base URL would send the credential unencrypted. "
        "http is allowed on loopback addresses only. Use https."
    )


@pytest.mark.ablation("an address holds no credential")
@pytest.mark.threats(10)
@pytest.mark.parametrize(
    "url",
    [
        "https://someone:canary-password@api.bugsnag.com",
        "https://someone@api.bugsnag.com",
        "https://@api.bugsnag.com",
        "http://127.0.0.1@evil.example",
        "https://api.bugsnag.com?auth_token=canary-password",
        "https://api.bugsnag.com?",
        "https://api.bugsnag.com#canary-password",
        "https://api.bugsnag.com#",
        "https://api.bugsnag.com/",
    ],
)
def test_credentials_a_query_a_fragment_and_a_trailing_slash_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        made(url)

    assert str(caught.value) == (
        "connection bugsnag: base URL may hold no credentials, query, fragment or trailing slash. "
        "Write scheme, host and path only."
    )


@pytest.mark.ablation("an address is read in one way")
@pytest.mark.threats(10)
@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.bugsnag.com",
        "//api.bugsnag.com",
        "ftp://api.bugsnag.com",
        "file:///etc/passwd",
        "https:",
        "https:/api.bugsnag.com",
        "https:///projects",
        "https://:443",
        "https://[::1",
        "https://api.bugsnag.com:99999",
        "https://api.bugsnag.com:0",
        "https://api.bugsnag.com:",
        "https://api.bugsnag.com:http",
        "https://API.bugsnag.com",
        "https://api.bugsnag.com\\.evil.example",
        "https://api.bugsnag.com\uff0fevil.example",
        "https://\u0430pi.bugsnag.com",
        "https://api bugsnag.com",
        "https://api.bugsnag.com\t",
        "https://api.bugsnag.com\n",
        " https://api.bugsnag.com",
        "https://api.bugsnag.com/..",
        "https://api.bugsnag.com/a/../b",
        "https://api.bugsnag.com//a",
        "https://api.bugsnag.com/%2e%2e",
        "https://api.bugsnag.com/a b",
        "https://api.bugsnag.com;x=1",
    ],
)
def test_what_two_readers_could_read_in_two_ways_is_no_address(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        made(url)

    assert str(caught.value).endswith("is not an http or https address. Write it like https://api.bugsnag.com.")


@pytest.mark.threats(29)
def test_the_credential_shows_as_asterisks() -> None:
    connection = made("https://api.bugsnag.com")

    assert "canary-token" not in repr(connection) + str(connection)
    assert connection.credential.get_secret_value() == "canary-token"


def test_a_provider_has_its_dialect() -> None:
    connection = made("https://api.bugsnag.com")

    assert connection.wire == BugSnag(connection)


def test_crashgate_does_not_speak_to_itself_over_http() -> None:
    with pytest.raises(ValueError, match="not asked over HTTP"):
        _ = made("https://api.bugsnag.com", "crashgate").wire


def test_a_token_is_presented_as_a_token_and_a_basic_credential_as_basic() -> None:
    def presented(auth: Auth, secret: str) -> str:
        held = Connection(
            name="bugsnag",
            provider=PROVIDERS["bugsnag"],
            base_url="https://bugsnag.example.com",
            credential=SecretStr(secret),
            auth=auth,
        )
        return held.wire.headers(with_body=False)["Authorization"]

    # RFC 7617, section 2, has this pair as its example.
    assert presented(Auth.BASIC, "Aladdin:open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert presented(Auth.TOKEN, "abc") == "token abc"


@pytest.mark.threats(29)
def test_a_basic_credential_without_its_two_parts_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Connection(
            name="bugsnag",
            provider=PROVIDERS["bugsnag"],
            base_url="https://bugsnag.example.com",
            credential=SecretStr("canary"),
            auth=Auth.BASIC,
        )

    assert "it has to be e-mail:password" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_an_on_premise_installation_is_told_that_the_api_is_meant() -> None:
    assert made("https://bugsnag.example.com").wire.headers(with_body=False)["X-Bugsnag-API"] == "true"
