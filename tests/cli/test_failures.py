import socket
import sqlite3
from pathlib import Path

import pytest

from crashgate.config import wiring
from crashgate.storage.log_files import DATABASE
from tests.cli.shell import Shell, Told


def test_a_configuration_that_is_not_toml_names_its_file(crashgate: Shell, home: Path) -> None:
    (home / "crashgate.toml").write_text("policies = [")
    told = crashgate("policy", "check")
    assert told.code == 3
    assert f"Error: {home / 'crashgate.toml'} cannot be read." in told.err
    assert "Traceback" not in told.err


def test_a_setting_that_does_not_exist_is_named(crashgate: Shell, home: Path) -> None:
    (home / "crashgate.toml").write_text('polices = "x"')
    told = crashgate("policy", "check")
    assert told.code == 3
    assert "line 1, polices: unknown key `polices`; did you mean `policies`?" in told.err


def test_a_configuration_file_that_is_not_there_is_named(crashgate: Shell) -> None:
    told = crashgate("policy", "check", "--config", "elsewhere.toml")
    assert told == Told(
        code=3,
        out="",
        err="Error: The configuration file elsewhere.toml does not exist.\nGive the path of a crashgate.toml.\n",
    )


def test_a_folder_of_policies_that_is_not_there_is_named(crashgate: Shell, home: Path) -> None:
    told = crashgate("policy", "check")
    assert told.code == 3
    assert told.err == (
        f"Error: The policy folder {home / 'policies'} does not exist.\n"
        "Run `crashgate init` to set up a connection and a first policy, add --sandbox to try the example policies on "
        "invented data, or name another folder with --policies.\n"
    )


def test_a_policy_with_mistakes_is_told_with_file_and_line(crashgate: Shell, policies: Path) -> None:
    document = policies / "triage-agent.toml"
    text = document.read_text(encoding="utf-8")
    document.write_text(text.replace("access.error", "access.eror"), encoding="utf-8")
    line = next(number for number, each in enumerate(text.splitlines(), start=1) if each.startswith("access.error"))
    told = crashgate("policy", "check")
    assert (told.code, told.err) == (3, "")
    assert told.out.splitlines() == [
        f"policies/triage-agent.toml:{line}: unknown resource `eror`; did you mean `error`?",
        "1 problem. This file cannot be used.",
    ]


def test_other_commands_refuse_such_policies_too(crashgate: Shell, policies: Path) -> None:
    (policies / "operator.toml").write_text("agent = 1", encoding="utf-8")
    serve = ("serve", "--http", "--sandbox", "--strict-policies")
    for command in (("policy", "show"), ("token", "new", "triage-agent"), serve):
        told = crashgate(*command)
        assert (told.code, told.out) == (3, ""), command
        assert "policies/operator.toml:1: `agent` is a number" in told.err


@pytest.mark.usefixtures("policies")
def test_a_token_file_that_others_can_read_is_refused(crashgate: Shell, home: Path) -> None:
    (home / "token").write_text("upstream-secret")
    (home / "token").chmod(0o644)
    (home / "crashgate.toml").write_text('[connections.bugsnag]\ntoken_file = "token"\n')
    told = crashgate("serve", "--http", "--port", "0")
    assert (told.code, told.out) == (3, "")
    assert told.err.splitlines() == [
        f"Error: The token file of connection bugsnag is open to other users: {home / 'token'}.",
        f"Run: chmod 600 {home / 'token'}"
        if (home / "token").stat().st_uid
        else f"Give it the group of the service that runs crashgate, and run: chmod 640 {home / 'token'}",
    ]


@pytest.mark.usefixtures("policies")
def test_serving_without_a_connection_says_how_to_get_one(crashgate: Shell) -> None:
    told = crashgate("serve", "--http", "--port", "0")
    assert told.code == 3
    assert "Run `crashgate init`. Or set BUGSNAG_AUTH_TOKEN" in told.err


@pytest.mark.usefixtures("policies")
def test_a_port_that_is_taken_is_named(crashgate: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = crashgate("serve", "--http", "--sandbox", "--port", str(port))
    assert told.code == 3
    assert f"Cannot listen on 127.0.0.1 port {port}." in told.err


def test_there_is_no_log_before_the_first_call(crashgate: Shell) -> None:
    told = crashgate("log", "show")
    assert told.code == 4
    assert told.err.startswith("Error: The decision log cannot be read.\nThere is none yet.\n")


def test_a_file_that_is_no_log_is_damaged(crashgate: Shell, recorded: Path) -> None:
    database = recorded / "log" / DATABASE
    database.write_bytes(b"not a database, but as long as a page" * 200)
    for command in ("show", "verify"):
        told = crashgate("log", command)
        assert (told.code, told.out) == (4, "")
        assert told.err.startswith("Error: The decision log")


def test_a_changed_record_is_named(crashgate: Shell, recorded: Path) -> None:
    database = recorded / "log" / DATABASE
    with sqlite3.connect(database) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("UPDATE records SET body = replace(body, 'checkout-ios', 'payments-ap') WHERE seq = 3")
    connection.close()
    told = crashgate("log", "verify")
    assert (told.code, told.err) == (4, "")
    assert told.out.splitlines() == [
        "Chain main: NOT SOUND at record 3: record 3 was changed after it was stored. Sound before that: 2 records."
    ]


def test_a_defect_has_a_traceback_and_a_code_of_its_own(crashgate: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(wiring, "log_reader", broken)
    told = crashgate("log", "show")
    assert told.code == 70
    assert told.err.rstrip().endswith(
        "ZeroDivisionError\nThis is a defect in crashgate. Please report it with the lines above."
    )


def test_control_c_has_a_code_of_its_own(crashgate: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(wiring, "log_reader", interrupted)
    assert crashgate("log", "follow") == Told(code=130, out="", err="")
