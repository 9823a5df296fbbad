import re
from importlib.metadata import version
from typing import Any, cast

import click
import pytest

from crashgate.cli.command import ExitCode, exit_code
from crashgate.errors import Code
from tests.cli.shell import Shell, commands

TREE = [pytest.param(path, command, context, id=" ".join(path) or "crashgate") for path, command, context in commands()]
SHARED = {"--config", "--policies", "--state", "--json"}


@pytest.mark.parametrize(("path", "command", "context"), TREE)
def test_every_command_option_and_argument_has_help(
    path: tuple[str, ...], command: click.Command, context: click.Context
) -> None:
    assert command.help, path
    assert not command.get_short_help_str(limit=70).endswith("..."), "the first line is cut in lists of commands"
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        assert record is not None, parameter.name
        assert record[1], parameter.name


@pytest.mark.parametrize(("path", "command", "context"), TREE)
def test_every_command_takes_the_shared_options(
    path: tuple[str, ...], command: click.Command, context: click.Context
) -> None:
    del path
    assert {flag for parameter in command.get_params(context) for flag in parameter.opts} >= SHARED


@pytest.mark.parametrize("path", [path for path, _, _ in commands()], ids=" ".join)
def test_every_command_shows_its_help(path: tuple[str, ...], crashgate: Shell) -> None:
    told = crashgate(*path, "--help")
    assert (told.code, told.err) == (0, "")
    assert f"{' '.join(('Usage: crashgate', *path))} [OPTIONS]" in told.out


def test_each_command_is_a_function_named_by_its_words_in_a_file_named_by_the_first() -> None:
    run = {
        path: cast("Any", command.callback) for path, command, _ in commands() if not isinstance(command, click.Group)
    }

    assert {path: function.__name__ for path, function in run.items()} == {
        path: "_".join(path).replace("-", "_") for path in run
    }
    strays = [
        path for path, function in run.items() if path[0].rstrip("s") not in function.__module__.rpartition(".")[2]
    ]
    # A small command is beside the group that it is read with: the server's sandbox, say.
    assert strays == [("sandbox",), ("unfreeze",), ("providers",), ("provider", "check")]


@pytest.mark.threats(32)
@pytest.mark.parametrize(("path", "command", "context"), TREE)
def test_no_option_takes_a_secret(path: tuple[str, ...], command: click.Command, context: click.Context) -> None:
    del path
    options = [each for each in command.get_params(context) if isinstance(each, click.Option)]
    assert not [each.opts for each in options if re.search("token|secret|password|key|credential", " ".join(each.opts))]


def test_an_error_never_looks_like_success_and_says_where_to_look() -> None:
    families = {
        "upstream_": {ExitCode.UPSTREAM},
        "log_": {ExitCode.LOG},
        "approval_": {ExitCode.NO},
        "invalid_": {ExitCode.USAGE},
        "export_": {ExitCode.EXPORT},
    }

    assert ExitCode.OK not in {exit_code(code) for code in Code}
    assert families == {start: {exit_code(code) for code in Code if code.startswith(start)} for start in families}


def test_each_exit_code_says_what_it_means() -> None:
    assert all(code.meaning.endswith(".") for code in ExitCode)


def test_a_number_means_one_thing() -> None:
    assert [code.value for code in ExitCode] == [0, 1, 2, 3, 4, 5, 6, 7, 70, 130, 143]


def test_the_version_is_the_packages(crashgate: Shell) -> None:
    assert crashgate("--version").out == f"crashgate, version {version('crashgate')}\n"
