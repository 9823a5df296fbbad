"""``crashgate doctor``: what could keep this installation from working, each with what to do.

Rule: it changes nothing but the log, which has the reads that try the connections, and shows no secret.
"""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum, unique
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import click

from crashgate.cli import session
from crashgate.cli.command import Command, ExitCode, shared
from crashgate.errors import CrashgateError

if TYPE_CHECKING:
    from crashgate.config.settings import Settings

_TESTED: Final = ((3, 11), (3, 13))
_ROOM: Final = 200 * 1024 * 1024
_SKEW: Final = timedelta(minutes=5)
_LIBRARIES: Final = ("mcp", "pydantic", "aiohttp", "starlette", "uvicorn", "cryptography")
_EXTRAS: Final = {"parquet": "pyarrow", "s3": "s3fs", "otel": "opentelemetry.sdk"}
_PROXIES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@unique
class Health(StrEnum):
    """How something stands."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was looked at; ``remedy`` is empty where all is well."""

    subject: str
    health: Health
    detail: str
    remedy: str = ""


def _ok(subject: str, detail: str) -> Finding:
    return Finding(subject=subject, health=Health.OK, detail=detail)


def _warning(subject: str, detail: str, remedy: str) -> Finding:
    return Finding(subject=subject, health=Health.WARNING, detail=detail, remedy=remedy)


def _problem(subject: str, detail: str, remedy: str) -> Finding:
    return Finding(subject=subject, health=Health.PROBLEM, detail=detail, remedy=remedy)


@click.command("doctor", cls=Command)
@click.option("--offline", is_flag=True, help="Do not ask upstreams.")
def doctor(*, offline: bool) -> None:
    """Check the installation, and say what to do about each problem.

    Looks at Python, versions, configuration, file permissions, policies, connections, the log, the clock, MCP clients
    and proxy settings. Exits with 1 when there is a problem, with 0 when there are only warnings.
    """
    findings = [*_environment(), *_configured(offline=offline), *_clients(), *_proxies()]
    screen = session.screen()
    bad = [each for each in findings if each.health is Health.PROBLEM]
    if screen.json:
        screen.data({"ok": not bad, "findings": [asdict(each) for each in findings]})
    else:
        for each in findings:
            screen.under(each.health, f"{each.subject}: {each.detail}", style=_STYLES[each.health], indent=0, width=9)
            if each.remedy:
                screen.under("", each.remedy, indent=0, width=9)
        screen.say()
        warnings = sum(each.health is Health.WARNING for each in findings)
        screen.say(f"{_count(len(bad), 'problem')}, {_count(warnings, 'warning')}.".capitalize())
    click.get_current_context().exit(ExitCode.NO if bad else ExitCode.OK)


_STYLES = {Health.OK: "green", Health.WARNING: "yellow", Health.PROBLEM: "red"}


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _environment() -> Iterator[Finding]:
    from crashgate import __version__
    from crashgate.clients.launch import find_launch

    here = f"{platform.python_version()} at {sys.executable}, on {platform.system()}"
    if _TESTED[0] <= sys.version_info[:2] <= _TESTED[1]:
        yield _ok("Python", here)
    else:
        first, last = (".".join(map(str, each)) for each in _TESTED)
        yield _warning("Python", here, f"crashgate is tested with Python {first} to {last}. Use one of these.")
    launch = find_launch()
    yield _ok("crashgate", f"{__version__}, started as {' '.join((launch.command, *launch.args))}")
    yield _ok("Libraries", ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES))
    extras = [name for name, module in _EXTRAS.items() if _is_installed(module)]
    yield _ok("Extras", ", ".join(extras) or "none")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _is_installed(module: str) -> bool:
    with suppress(ImportError, ValueError):
        return find_spec(module) is not None
    return False


def _configured(*, offline: bool) -> Iterator[Finding]:
    """What depends on the settings; where these cannot be used, that alone."""
    try:
        settings = session.settings()
    except CrashgateError as problem:
        yield _problem("Configuration", _words(problem), problem.remedy)
        return
    yield from _configuration(settings)
    checks: tuple[tuple[str, Callable[[Settings], Iterator[Finding]]], ...] = (
        ("Permissions", _permissions),
        ("Policies", _policies),
        ("Connections", _connections_named if offline else _connections),
        ("Log", _log),
    )
    for subject, check in checks:
        try:
            yield from check(settings)
        except CrashgateError as problem:
            yield _problem(subject, _words(problem), problem.remedy)


def _words(problem: CrashgateError) -> str:
    return " ".join(part for part in (problem.what, problem.why) if part)


def _configuration(settings: "Settings") -> Iterator[Finding]:
    from crashgate.config.settings import CONFIG_FILE, passed_over, user_folder

    named = shared().config or os.environ.get("CRASHGATE_CONFIG")
    file = Path(named) if named else user_folder() / CONFIG_FILE
    unused = passed_over(config=shared().config, environment=os.environ, here=Path.cwd())
    if not file.is_file() and not settings.connections:
        yield _problem("Configuration", f"There is no {file}.", "Run: crashgate init")
    else:
        yield _ok("Configuration", str(file) if file.is_file() else "from variables of the environment")
    if unused is not None:
        yield _warning("Configuration", f"{unused} is not used.", f"If it is yours, name it: --config {unused}")


def _permissions(settings: "Settings") -> Iterator[Finding]:
    from crashgate.config.connections import open_connection
    from crashgate.ownership import is_on_roots_read_only_mount, others_may_write

    for folder in (settings.policies, settings.state):
        if not folder.is_dir():
            continue
        status = folder.stat()
        if others_may_write(status) and not is_on_roots_read_only_mount(folder, status):
            yield _problem("Permissions", f"Others may write to {folder}.", f"Run: chmod go-w {folder}")
    if settings.state.is_dir() and not os.access(settings.state, os.W_OK):
        yield _problem("Permissions", f"{settings.state} cannot be written.", "Give it to the user who runs crashgate.")
    for name, each in settings.connections.items():
        try:
            open_connection(name, each, os.environ)
        except CrashgateError as problem:
            yield _problem("Permissions", _words(problem), problem.remedy)
        else:
            yield _ok("Permissions", f"The token of connection {name} can be read.")
    yield _ok("Permissions", f"policies {settings.policies}, state {settings.state}")


def _policies(settings: "Settings") -> Iterator[Finding]:
    from crashgate.cli.session import Workspace

    policies = Workspace(settings=settings, sandbox=None).served()
    for agent, problems in policies.broken.items():
        yield _problem("Policies", f"{agent}: {problems[0]}", "Run: crashgate policy check")
    if policies:
        yield _ok("Policies", ", ".join(policies))
    else:
        none = f"{settings.policies} holds no policy."
        yield _problem("Policies", none, "Run: crashgate policy init AGENT --owner ADDRESS")


def _connections_named(settings: "Settings") -> Iterator[Finding]:
    for name, each in settings.connections.items():
        yield _ok("Connections", f"{name} ({each.provider}, {each.url}), not asked")


def _connections(settings: "Settings") -> Iterator[Finding]:
    from crashgate.cli.connections import Standing, check_connections
    from crashgate.cli.serve import run

    for each in run(check_connections(settings, os.environ, (), None)):
        told = f"{each.name} ({each.provider}, {each.url}): {each.standing}. {each.why}".rstrip()
        if each.standing in {Standing.OK, Standing.REACHED, Standing.NOT_ASKED}:
            yield _ok("Connections", told)
        else:
            yield _problem("Connections", told, _REMEDIES[each.standing.name])


_REMEDIES = {
    "NO_CREDENTIAL": "Put the token where the connection looks for it, in crashgate.toml: token_env or token_file.",
    "REFUSED": "Make a new token at the provider, and put it in place of the old one.",
    "WRONG_ADDRESS": "Correct base_url of this connection in crashgate.toml.",
    "NO_ANSWER": "Look at the network, the proxy settings below, and the provider's status page.",
}


def _log(settings: "Settings") -> Iterator[Finding]:
    from crashgate.config import wiring

    folder = settings.state / "log"
    if not folder.is_dir():
        yield _ok("Log", f"There is none yet; serving makes it in {folder}.")
        yield _clock(None)
        return
    newest = next(iter(wiring.log_reader(settings).entries()), None)
    free = shutil.disk_usage(folder).free
    if free < _ROOM:
        yield _warning(
            "Log",
            f"{free // 1024**2} MiB are free at {folder}. Without room no call is allowed.",
            "Make room, or run: crashgate log prune",
        )
    else:
        yield _ok("Log", f"{folder}, {free // 1024**3} GiB free. `crashgate log verify` checks the chain.")
    yield _clock(newest.decision.record.at if newest else None)


def _clock(newest: str | None) -> Finding:
    """Whether the clock is behind the newest record: limits and approvals depend on it."""
    now = datetime.now(UTC)
    if newest is not None and datetime.fromisoformat(newest) > now + _SKEW:
        told = f"It says {now:%Y-%m-%d %H:%M} UTC, and the newest record is of {newest}."
        return _problem("Clock", told, "Set the clock of this machine.")
    return _ok("Clock", f"{now:%Y-%m-%d %H:%M} UTC")


def _clients() -> Iterator[Finding]:
    from crashgate.cli.install import installed_in

    found = installed_in()
    if not found:
        yield _ok("Clients", "No configuration of a known MCP client was found.")
    for title, (path, ours) in found.items():
        if ours is None:
            yield _warning("Clients", f"{title}: {path} cannot be read.", "Correct the file.")
        else:
            yield _ok("Clients", f"{title}: {path} {'has an entry' if ours else 'has no entry; see crashgate install'}")


def _proxies() -> Iterator[Finding]:
    variables = {name: os.environ.get(name) or os.environ.get(name.lower()) for name in (*_PROXIES, *_CERTIFICATES)}
    for name in _PROXIES:
        value = variables[name]
        if not value:
            continue
        parts = urlsplit(value if "://" in value else f"http://{value}")
        shown = f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
        if parts.scheme not in {"http", "https"}:
            yield _problem("Proxy", f"{name} is {shown}, which crashgate cannot use.", "Name a proxy that speaks HTTP.")
        else:
            yield _ok("Proxy", f"{name} is {shown}")
    for name in _CERTIFICATES:
        value = variables[name]
        if value and not Path(value).exists():
            yield _problem("Proxy", f"{name} names {value}, which does not exist.", "Correct it, or unset it.")
        elif value:
            yield _ok("Proxy", f"{name} is {value}")
    if not any(variables.values()):
        yield _ok("Proxy", "none")
