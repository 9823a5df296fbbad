"""Upstream credentials: from a variable or a file that the operator named."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from crashgate.config.connections import read_credential
from crashgate.errors import ConfigurationError
from tests.owned import given_away

TOKEN = "canary-0123-upstream-token"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def from_variable(value: str | None) -> SecretStr:
    return read_credential(
        "bugsnag",
        variable="BUGSNAG_AUTH_TOKEN",
        file=None,
        environment={} if value is None else {"BUGSNAG_AUTH_TOKEN": value},
    )


def from_file(path: Path) -> SecretStr:
    return read_credential("bugsnag", variable=None, file=path, environment={"BUGSNAG_AUTH_TOKEN": "another"})


def refusal(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        from_file(path)
    return str(caught.value)


@pytest.mark.ablation("a credential is a secret")
@pytest.mark.parametrize("value", [TOKEN, f"  {TOKEN}\n"])
def test_the_token_of_a_variable_is_taken_without_the_blanks_around_it(value: str) -> None:
    assert from_variable(value).get_secret_value() == TOKEN


def test_the_token_of_a_file_is_taken_without_its_line_end(file: Path) -> None:
    assert from_file(file).get_secret_value() == TOKEN


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_a_file_of_the_owner_alone_is_taken(file: Path, mode: int) -> None:
    file.chmod(mode)

    assert from_file(file).get_secret_value() == TOKEN


@pytest.mark.ablation("a token file of a connection that others may read")
@pytest.mark.threats(32)
@pytest.mark.parametrize("mode", [0o604, 0o644, 0o666, 0o620, 0o602, 0o777])
@pytest.mark.parametrize("roots", [True, False])
def test_a_file_that_others_may_read_or_write_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch, mode: int, *, roots: bool
) -> None:
    file.chmod(mode)
    real = os.fstat
    owner = 0 if roots else 1_000
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)

    def owned(opened: int) -> os.stat_result:
        return _owned_by(owner, real(opened))

    monkeypatch.setattr(os, "fstat", owned)

    assert refusal(file) == f"The token file of connection bugsnag is open to other users: {file}. " + (
        f"Give it the group of the service that runs crashgate, and run: chmod 640 {file}"
        if roots
        else f"Run: chmod 600 {file}"
    )


def _owned_by(owner: int, status: os.stat_result) -> os.stat_result:
    """The same of a file that belongs to that user."""
    return os.stat_result((*status[:4], owner, *status[5:10]))


@pytest.mark.threats(32)
def test_a_file_that_our_group_may_read_is_taken_from_root_only(file: Path) -> None:
    file.chmod(0o640)

    if file.stat().st_uid == 0:
        assert from_file(file).get_secret_value() == TOKEN
    else:
        assert "is open to other users" in refusal(file)


@pytest.mark.ablation("a token file of a connection that belongs to another user")
@pytest.mark.threats(32)
def test_a_file_of_another_user_is_refused(file: Path) -> None:
    given_away(file)

    assert refusal(file) == (
        f"The token file of connection bugsnag belongs to another user: {file}. "
        "Give it to the user that runs crashgate, or to root."
    )


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "absent"

    assert refusal(path) == (
        f"The token file of connection bugsnag cannot be read: {path}. "
        "Make it readable for the user that runs crashgate."
    )


def test_a_folder_is_no_token_file(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path)


def test_a_file_that_is_no_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")

    assert "cannot be read" in refusal(file)


@pytest.mark.parametrize("content", ["", "\n", "two words", "two\nlines", "tökén", "tok\x00en", "tok\x1b[31men"])
def test_a_file_that_holds_no_single_word_is_refused(file: Path, content: str) -> None:
    file.write_text(content, encoding="utf-8")

    assert refusal(file) == (
        f"Connection bugsnag has no usable token. What the file {file} holds is "
        f"{'not one word' if content.strip() else 'empty'}. Put the provider's token there."
    )


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "The variable BUGSNAG_AUTH_TOKEN is not set."),
        ("", "What the variable BUGSNAG_AUTH_TOKEN holds is empty."),
        ("  ", "What the variable BUGSNAG_AUTH_TOKEN holds is empty."),
        ("two words", "What the variable BUGSNAG_AUTH_TOKEN holds is not one word."),
        ("tökén", "What the variable BUGSNAG_AUTH_TOKEN holds is not one word."),
        ("to\nken", "What the variable BUGSNAG_AUTH_TOKEN holds is not one word."),
    ],
)
def test_a_variable_that_holds_no_single_word_is_refused_by_its_name_alone(value: str | None, why: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        from_variable(value)

    assert str(caught.value) == (f"Connection bugsnag has no usable token. {why} Put the provider's token there.")


@pytest.mark.parametrize("both", [True, False])
def test_a_connection_names_either_a_variable_or_a_file(file: Path, *, both: bool) -> None:
    with pytest.raises(ConfigurationError, match="names two tokens" if both else "names no token"):
        read_credential(
            "bugsnag", variable="A" if both else None, file=file if both else None, environment={"A": TOKEN}
        )


@pytest.mark.threats(29)
def test_a_credential_does_not_show_where_it_is_printed(file: Path) -> None:
    shown = [repr(found) + str(found) for found in (from_variable(TOKEN), from_file(file))]

    assert not [text for text in shown if "canary" in text]


@pytest.mark.threats(29)
def test_a_refusal_does_not_repeat_what_it_refuses(file: Path) -> None:
    file.write_text("canary of a secret", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        from_variable("canary of a secret")

    assert "canary" not in str(caught.value) + refusal(file)
