"""Agents over sessions, whose policies and calls are left to chance. Rule: right calls, wrong ones, others' cursors.

What differs between providers is said once, as a ``Vendor``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from crashgate_sandbox.browserstack.service import BrowserStack
from crashgate_sandbox.bugspulse.service import BugsPulse
from crashgate_sandbox.devrev.service import DevRev
from crashgate_sandbox.machine_clock import MachineClock
from tests.house import NOW, SESSION_PROVIDERS
from tests.session_providers import BROWSERSTACK_PREFIX, BUGSPULSE_PREFIX, DEVREV_PREFIX, SessionProviders
from tests.system.served import Site

LONG = 230
"""Sessions at BrowserStack, and of each app at DevRev: exports of theirs take three pages of 100."""

_PULSES = 1_200
_OTHERS = ("my_access", "list_exports", "no_such_tool")
Kept = tuple[str, Mapping[str, Any], str]
"""A call, and a cursor of what it gave."""


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """What agents ask of one provider.

    ``grants`` is a policy that chance wrote; ``arguments`` are those of a tool, right or wrong. ``busiest`` is the path
    of the list that exports read, ``export`` the arguments of one that takes several pages, with an end of its own so
    that the machine's clock does not matter. ``writes`` is the path of what is never sent again. ``composites`` are
    tools that may have no record of their own, or several.
    """

    provider: str
    tools: tuple[str, ...]
    grants: Callable[[Random], str]
    arguments: Callable[[Site, Random, str], dict[str, Any]]
    busiest: str
    export: Mapping[str, Any] | None = None
    writes: str | None = None
    composites: frozenset[str] = frozenset()


class SessionAgent:
    """One agent's calls. ``everywhere``: it has several connections, and must name one.

    ``kept`` are the cursors that all agents got so far.
    """

    def __init__(self, vendor: Vendor, site: Site, draw: Random, kept: list[Kept], *, everywhere: bool) -> None:
        self._vendor, self._site, self._draw, self._kept = vendor, site, draw, kept
        self._everywhere = everywhere
        self._last: tuple[str, dict[str, Any]] = ("", {})
        self._own: list[Kept] = []
        self._begun: list[Mapping[str, Any]] = []

    def call(self) -> tuple[str, dict[str, Any]]:
        """A tool and arguments."""
        self._last = self._chosen()
        return self._last

    def saw(self, content: Mapping[str, Any]) -> None:
        """Keep a cursor and exports that broke off, to come back to them."""
        tool, given = self._last
        for name in ("next_cursor", "previous_cursor"):
            if name in content:
                kept = tool, {key: value for key, value in given.items() if key != "cursor"}, content[name]
                self._own.append(kept)
                self._kept.append(kept)
        self._begun = [each for each in content.get("exports", self._begun) if "resume_with" in each]

    def _chosen(self) -> tuple[str, dict[str, Any]]:
        draw = self._draw
        if self._own and draw.random() < 0.15:
            tool, given, cursor = draw.choice(self._own[-3:])
            return tool, {**given, "cursor": cursor}
        if self._kept and draw.random() < 0.05:
            tool, given, cursor = draw.choice(self._kept)
            return tool, {**given, "cursor": cursor}
        if self._begun and draw.random() < 0.5:
            begun = self._begun.pop()
            return begun["tool"], {**begun["resume_with"], **self._connection(begun["connection"])}
        tool = draw.choice(self._vendor.tools) if draw.random() < 0.9 else draw.choice(_OTHERS)
        if tool in _OTHERS:
            return tool, {}
        given = self._vendor.arguments(self._site, draw, tool)
        provider = draw.choice(SESSION_PROVIDERS) if draw.random() < 0.05 else self._vendor.provider
        if draw.random() < (0.95 if self._everywhere else 0.05):
            given |= self._connection(provider) or {"connection": provider}
        if draw.random() < 0.05:
            given["surprise"] = True
        if draw.random() < 0.03:
            given["cursor"] = draw.choice(["", "AAAA", 7])
        return tool, given

    def _connection(self, name: str) -> dict[str, Any]:
        return {"connection": name} if self._everywhere else {}


def long_lists() -> SessionProviders:
    """The providers with so many sessions that an export takes several pages."""
    clock = MachineClock()
    return SessionProviders(
        bugspulse=BugsPulse(
            prefix=BUGSPULSE_PREFIX,
            requests_per_minute=None,
            sessions=_PULSES,
            network_logs=_PULSES,
            now=NOW,
            clock=clock,
        ),
        browserstack=BrowserStack(prefix=BROWSERSTACK_PREFIX, sessions=LONG, now=NOW, clock=clock),
        devrev=DevRev(prefix=DEVREV_PREFIX, limit=None, sessions=LONG, now=NOW, clock=clock),
    )


def chance_levels(draw: Random, resources: Iterable[str]) -> str:
    """A level for each resource, or none."""
    levels = ("off", "read", "write", "full", None)
    chosen = {name: draw.choice(levels) for name in resources}
    if not any(chosen.values()):
        chosen = dict.fromkeys(chosen, "read")
    return "".join(f'access.{name} = "{level}"\n' for name, level in chosen.items() if level is not None)


def period(draw: Random) -> dict[str, Any]:
    """None, or one that begins or ends somewhere; now and then one that is no time."""
    found: dict[str, Any] = {}
    if draw.random() < 0.3:
        found["since"] = draw.choice(
            ["2026-11-01", "2026-11-12", "2026-11-18T10:00:00+02:00", "2026-11-19T00:00:00.5Z", "yesterday"]
        )
    if draw.random() < 0.3:
        found["until"] = draw.choice(
            ["2026-11-19", "2026-11-20", "2026-11-20T12:00:00Z", "2026-02-30", "2026-11-20T12:00:00"]
        )
    return found


def format_of(draw: Random, tool: str) -> dict[str, Any]:
    """The format of an export."""
    if not tool.startswith("export_") or draw.random() < 0.3:
        return {}
    return {"format": draw.choice(["jsonl", "csv", "csv", "parquet", "xml"])}
