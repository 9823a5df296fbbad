"""What the operator configures: where it comes from, which one wins, and what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from pydantic import ValidationError

from crashgate.config.operating_settings import ApprovalsSettings
from crashgate.config.settings import ConnectionSettings, HttpSettings, Settings, passed_over
from crashgate.errors import ConfigurationError
from tests.owned import given_away

Load = Callable[..., Settings]


def refusal(loaded: Load, *arguments: Any, **more: Any) -> str:  # noqa: ANN401 - as loaded takes it
    with pytest.raises(ConfigurationError) as caught:
        loaded(*arguments, **more)
    return str(caught.value)


def test_with_nothing_there_are_defaults_and_no_connection(loaded: Load, users: Path) -> None:
    assert loaded().model_dump() == {
        "policies": users / "policies",
        "state": platformdirs.user_state_path("crashgate"),
        "connections": {},
        "http": HttpSettings().model_dump(),
        "serve": {"text": "full", "text_of": {}, "strict_policies": False, "requests_per_call": 12},
        "approvals": ApprovalsSettings().model_dump(),
        "metrics": {"enabled": False, "address": "127.0.0.1:9464"},
        "exports": None,
    }
    assert (HttpSettings().host, HttpSettings().port) == ("127.0.0.1", 8321)


def test_the_vendors_own_variable_alone_makes_a_connection_called_bugsnag(loaded: Load) -> None:
    assert loaded(BUGSNAG_AUTH_TOKEN="canary-token").connections == {
        "bugsnag": ConnectionSettings(
            provider="bugsnag", base_url="https://api.bugsnag.com", token_env="BUGSNAG_AUTH_TOKEN"
        )
    }


@pytest.mark.parametrize(
    ("endpoint", "base_url"),
    [
        ("https://api.bugsnag.smartbear.com", "https://api.bugsnag.smartbear.com"),
        ("https://bugsnag.example.com/api/", "https://bugsnag.example.com/api"),
        ("http://127.0.0.1:4000", "http://127.0.0.1:4000"),
        ("", "https://api.bugsnag.com"),
    ],
)
def test_the_vendors_own_variable_for_another_address_is_taken(loaded: Load, endpoint: str, base_url: str) -> None:
    found = loaded(BUGSNAG_AUTH_TOKEN="canary-token", BUGSNAG_ENDPOINT=endpoint)

    assert found.connections["bugsnag"].base_url == base_url


@pytest.mark.parametrize("environment", [{}, {"BUGSNAG_AUTH_TOKEN": ""}, {"BUGSNAG_ENDPOINT": "https://example.com"}])
def test_without_a_token_there_is_no_connection(loaded: Load, environment: dict[str, str]) -> None:
    assert loaded(**environment).connections == {}


def test_connections_of_the_file_stand_in_place_of_the_vendors_variable(loaded: Load) -> None:
    found = loaded(
        '[connections.eu]\nbase_url = "https://eu.example.com"\ntoken_env = "EU_TOKEN"\n', BUGSNAG_AUTH_TOKEN="canary"
    )

    assert found.connections == {"eu": ConnectionSettings(base_url="https://eu.example.com", token_env="EU_TOKEN")}


@pytest.mark.threats(29)
def test_no_token_is_in_the_settings(loaded: Load) -> None:
    assert "canary" not in repr(loaded(BUGSNAG_AUTH_TOKEN="canary-token"))


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(loaded: Load, here: Path) -> None:
    toml = 'policies = "of-file"\nstate = "of-file"\n[http]\nhost = "::1"\nport = 1\nshutdown_seconds = 1\n'
    found = loaded(
        toml,
        options={"policies": Path("of-options")},
        CRASHGATE_POLICIES="of-environment",
        CRASHGATE_STATE="of-environment",
        CRASHGATE_HTTP__PORT="2",
    )

    assert (found.policies, found.state) == (here / "of-options", here / "of-environment")
    assert (found.http.host, found.http.port, found.http.shutdown_seconds) == ("::1", 2, 1)


def test_the_file_wins_over_the_defaults(loaded: Load, users: Path) -> None:
    found = loaded('state = "st"\n[http]\nport = 9000\nallowed_hosts = ["gate.example.com"]\n')

    assert (found.state, found.policies) == (users / "st", users / "policies")
    assert found.http == HttpSettings(port=9000, allowed_hosts=("gate.example.com",))


def test_a_relative_path_is_relative_to_who_wrote_it(loaded: Load, here: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    config = elsewhere / "gate.toml"
    config.write_text(
        'policies = "rules"\nstate = "st"\n[connections.bugsnag]\ntoken_file = "secrets/token"\n', encoding="utf-8"
    )

    found = loaded(config=config, options={"state": Path("mine")})

    assert (found.policies, found.state) == (elsewhere / "rules", here / "mine")
    assert found.connections["bugsnag"].token_file == elsewhere / "secrets" / "token"


@pytest.mark.parametrize(
    ("options", "environment"),
    [({"exports": "out"}, {}), ({}, {"CRASHGATE_EXPORTS": "out"}), ({"exports": "out"}, {"CRASHGATE_EXPORTS": "no"})],
)
def test_a_relative_place_of_exports_that_is_given_by_hand_is_in_the_folder_it_is_given_in(
    loaded: Load, here: Path, options: dict[str, Any], environment: dict[str, str]
) -> None:
    assert loaded('exports = "of-file"\n', options=options, **environment).exports == str(here / "out")


def test_a_relative_place_of_exports_in_the_file_is_beside_it_and_a_url_stays(loaded: Load, users: Path) -> None:
    assert loaded('exports = "of-file"\n').exports == str(users / "of-file")
    assert loaded('exports = "s3://bucket/of-file"\n').exports == "s3://bucket/of-file"


def test_what_is_wrong_with_a_file_is_told_of_what_was_read(
    loaded: Load, users: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Any = Path.open

    def once(path: Path, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - as the real one
        opened = real(path, *given, **named)
        path.unlink()
        return opened

    (users / "crashgate.toml").write_text("\nno_such_key = 1\n", encoding="utf-8")
    monkeypatch.setattr(Path, "open", once)

    with pytest.raises(ConfigurationError, match="no_such_key") as told:
        loaded()
    assert "line 2" in str(told.value)


def test_an_absolute_path_and_one_of_the_home_folder_stay_what_they_are(loaded: Load, tmp_path: Path) -> None:
    found = loaded(f'policies = "{tmp_path}/p"\nstate = "~/st"\n[connections.bugsnag]\ntoken_file = "~/token"\n')

    assert (found.policies, found.state) == (tmp_path / "p", tmp_path / "home" / "st")
    assert found.connections["bugsnag"].token_file == tmp_path / "home" / "token"


def test_the_file_that_is_named_wins_over_the_one_of_the_user(loaded: Load, users: Path, tmp_path: Path) -> None:
    named, other = tmp_path / "named.toml", tmp_path / "other.toml"
    for each in (named, other):
        each.write_text(f'policies = "{each.stem}"\n', encoding="utf-8")

    assert loaded('policies = "users"\n').policies == users / "users"
    assert loaded(CRASHGATE_CONFIG=str(named)).policies == tmp_path / "named"
    assert loaded(config=other, CRASHGATE_CONFIG=str(named)).policies == tmp_path / "other"


def test_policies_are_beside_the_file_that_is_named(loaded: Load, tmp_path: Path) -> None:
    named = tmp_path / "named.toml"
    named.touch()

    assert loaded(config=named).policies == tmp_path / "policies"


@pytest.mark.threats(10, 32)
@pytest.mark.parametrize("toml", [None, 'state = "users"\n'])
def test_the_folder_it_is_started_in_says_nothing(loaded: Load, here: Path, users: Path, toml: str | None) -> None:
    before = loaded(toml)
    (here / "policies").mkdir()
    (here / "crashgate.toml").write_text(
        'policies = "evil"\n[connections.bugsnag]\nbase_url = "https://evil.example.com"\ntoken_env = "A"\n',
        encoding="utf-8",
    )

    assert loaded(toml).model_dump() == before.model_dump()
    assert (before.policies, before.connections) == (users / "policies", {})


def test_a_file_that_is_passed_over_is_told_of_unless_another_was_named(
    loaded: Load, here: Path, users: Path, tmp_path: Path
) -> None:
    def told(config: Path | None = None, where: Path = here, **environment: str) -> Path | None:
        return passed_over(config=config, environment=environment, here=where)

    loaded("")
    assert told() is None
    local, named = here / "crashgate.toml", tmp_path / "named.toml"
    local.touch()
    named.touch()

    assert told() == local
    assert (told(named), told(CRASHGATE_CONFIG=str(local)), told(where=users)) == (None, None, None)


@pytest.mark.ablation("a configuration that others may write to")
@pytest.mark.threats(10, 32)
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o664, 0o666])
def test_a_file_that_others_may_write_to_is_refused(loaded: Load, users: Path, mode: int) -> None:
    file = users / "crashgate.toml"
    file.touch()
    file.chmod(mode)

    assert refusal(loaded) == (
        f"The configuration file {file} cannot be used. Its group or everybody may write to it, so another user could "
        f"send your credentials elsewhere. Run: chmod go-w {file}"
    )


@pytest.mark.ablation("a configuration of another user")
@pytest.mark.threats(10, 32)
def test_a_file_of_another_user_is_refused(loaded: Load, tmp_path: Path) -> None:
    named = tmp_path / "named.toml"
    named.touch()
    given_away(named)

    assert refusal(loaded, config=named) == (
        f"The configuration file {named} cannot be used. It belongs to another user, who could send your credentials "
        "elsewhere. Give it to the user that runs crashgate, or to root, or name another file with --config."
    )


def test_a_file_of_more_than_a_mebibyte_is_refused(loaded: Load) -> None:
    assert "It is not a file of less than 1 MiB." in refusal(loaded, "#" * (1024 * 1024 + 1))


def test_a_named_file_that_is_not_there_is_refused(loaded: Load, tmp_path: Path) -> None:
    absent = tmp_path / "absent.toml"
    told = f"The configuration file {absent} does not exist. Give the path of a crashgate.toml."

    assert refusal(loaded, config=absent) == told
    assert refusal(loaded, CRASHGATE_CONFIG=str(absent)) == told


@pytest.mark.ablation("a token is not written into the settings")
@pytest.mark.threats(29, 32)
@pytest.mark.parametrize(
    ("toml", "place"),
    [
        ('[connections.bugsnag]\ntoken = "canary-token"\n', "connections.bugsnag.token"),
        ('[connections.bugsnag]\nauth_token = "canary-token"\n', "connections.bugsnag.auth_token"),
        ('token = "canary-token"\n', "token"),
        ('[connections]\nbugsnag = "canary-token"\n', "connections.bugsnag"),
    ],
)
def test_a_token_written_into_the_file_is_refused_and_not_repeated(loaded: Load, toml: str, place: str) -> None:
    told = refusal(loaded, toml)

    assert place in told
    assert told.endswith("A token is never written here: name its variable in token_env.")
    assert "canary" not in told


@pytest.mark.threats(29, 32)
def test_a_token_in_a_variable_of_ours_is_refused_and_not_repeated(loaded: Load) -> None:
    told = refusal(loaded, CRASHGATE_CONNECTIONS__BUGSNAG__TOKEN="canary-token")

    assert (
        "connections.bugsnag.token (in CRASHGATE_CONNECTIONS__BUGSNAG__TOKEN or an option): unknown key `token`" in told
    )
    assert "canary" not in told


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ('# one\npolicys = "x"\n', "line 2, policys: unknown key `policys`; did you mean `policies`?"),
        ("[http]\nprot = 1\n", "line 2, http.prot: unknown key `prot`; did you mean `port`?"),
        ("[http]\nport = 70000\n", "line 2, http.port: has to be at most 65535."),
        ("[http]\nlargest_body = 1\n", "line 2, http.largest_body: has to be at least 1024."),
        ("[http]\nhead_seconds = 0\n", "line 2, http.head_seconds: has to be more than 0."),
        ("http = 8321\n", "line 1, http: has to be a table."),
        (
            '[http]\npublic_url = "https://gate.example.com/"\n',
            "line 2, http.public_url: must be a scheme and a host, such as https://crashgate.example.com, and no path",
        ),
        ("[http]\nallowed_hosts = [1]\n", 'line 2, http.allowed_hosts.0: has to be text in quotes, "like this".'),
        ("policies = 3\n", 'line 1, policies: has to be text in quotes, "like this".'),
        (
            '[connections.BUGSNAG]\ntoken_env = "X"\n',
            "line 1, connections.BUGSNAG: is not a connection name; write 1 to",
        ),
        ('[connections."a b"]\ntoken_env = "X"\n', "line 1, connections.a b: is not a connection name; write 1 to"),
        (
            '[connections.x]\nprovider = "bugsnak"\n',
            ": has to be one of browserstack, bugsnag, bugsnag-sessions, bugspulse, devrev; did you mean `bugsnag`?",
        ),
        ('[connections.x]\nprovider = "crashgate"\n', "line 2, connections.x.provider: crashgate is not an upstream."),
        (
            '[connections.crashgate]\ntoken_env = "X"\n',
            "line 1, connections.crashgate: crashgate is the name of its own",
        ),
        ('[connections.x]\nauth = "digest"\n', "line 2, connections.x.auth: has to be one of token, basic."),
    ],
)
def test_a_wrong_word_is_refused_with_its_place_and_the_file(loaded: Load, users: Path, toml: str, told: str) -> None:
    found = refusal(loaded, toml)

    assert found.startswith(f"The configuration cannot be used ({users / 'crashgate.toml'}). ")
    assert told in found
    assert found.endswith(" Fix it and start again.")


@pytest.mark.parametrize("content", [b"policies = \n", b"policies = 'a'\npolicies = 'b'\n", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_refused_with_its_name(loaded: Load, users: Path, content: bytes) -> None:
    (users / "crashgate.toml").write_bytes(content)

    assert refusal(loaded).startswith(f"{users / 'crashgate.toml'} cannot be read. ")


def test_several_wrong_words_are_told_together(loaded: Load) -> None:
    told = refusal(loaded, 'a = 1\nb = 2\n[http]\nport = "x"\n')

    parts = ("line 1, a: unknown key", "line 2, b: unknown key", "line 4, http.port: has to be a whole number")
    assert [part in told for part in parts] == [True] * 3


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_settings_cannot_be_changed_after_they_were_read(loaded: Load, name: str) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(loaded(), name, None)


def test_a_file_called_dot_env_is_not_read(
    loaded: Load, here: Path, users: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here)
    (here / ".env").write_text("CRASHGATE_POLICIES=elsewhere\nBUGSNAG_AUTH_TOKEN=canary\n", encoding="utf-8")

    assert (loaded().policies, loaded().connections) == (users / "policies", {})


def test_a_connection_without_an_address_goes_to_its_providers_own_host(loaded: Load) -> None:
    toml = (
        '[connections.shop]\ntoken_env = "A"\n'
        '[connections.shop-sessions]\nprovider = "bugsnag-sessions"\ntoken_env = "B"\n'
    )

    assert {name: (each.provider, each.url, each.auth) for name, each in loaded(toml).connections.items()} == {
        "shop": ("bugsnag", "https://api.bugsnag.com", "token"),
        "shop-sessions": ("bugsnag-sessions", "https://sessions.bugsnag.com", "token"),
    }


def test_an_installation_of_ones_own_has_any_address_and_may_take_basic_credentials(loaded: Load) -> None:
    toml = '[connections.inside]\nbase_url = "https://bugsnag.example.com:8443/api/"\nauth = "basic"\ntoken_env = "A"\n'
    (found,) = loaded(toml).connections.values()

    assert (found.url, found.auth) == ("https://bugsnag.example.com:8443/api", "basic")


def test_another_way_to_present_a_credential_is_refused(loaded: Load) -> None:
    assert "connections.inside.auth" in refusal(loaded, '[connections.inside]\nauth = "digest"\ntoken_env = "A"\n')


@pytest.mark.ablation("pages of every origin are nobody's")
@pytest.mark.threats(4)
@pytest.mark.parametrize("wrong", ["*", "https://a.example.com/page", "a.example.com", "null", "https://*.example.com"])
def test_every_page_and_a_page_are_no_origins(loaded: Load, wrong: str) -> None:
    # Guards: _origin in settings; to the library "*" means every page there is.
    told = refusal(loaded, f'[http]\nallowed_origins = ["{wrong}"]\n')

    assert "line 2, http.allowed_origins.0: must be an origin, such as https://app.example.com" in told
