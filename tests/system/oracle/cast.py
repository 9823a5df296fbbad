"""Who takes part in a session of the oracle: policies, connections, agents and faults. Rule: one cast a provider."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Protocol

from crashgate.config.settings import Settings
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from crashgate_sandbox.faults import Fault, FaultKind
from tests.house import EXAMPLES, OPERATOR, everything, policies_of_all, settings_in, write_policies
from tests.session_providers import SessionProviders
from tests.system.oracle import browserstack, bugsnag, bugsnag_sessions, bugspulse, devrev
from tests.system.oracle.session_agent import Kept, SessionAgent, Vendor, long_lists
from tests.system.served import Site

OWNER, STRANGER = "owner", "stranger"
BROKEN_OFF = 90
"""The step at which an export breaks off."""

Scene = tuple[str, str, Mapping[str, Any]]
"""An agent, a tool and arguments."""

_MANY = 1_000_000
"""Requests a minute, which nobody ever waits for."""

_ANALYST = EXAMPLES / "sessions" / "session-analyst.toml"


class Agent(Protocol):
    """Somebody who calls tools."""

    def call(self) -> tuple[str, dict[str, Any]]:
        """A tool and arguments."""
        ...

    def saw(self, content: Mapping[str, Any]) -> None:
        """What the answer held."""
        ...


class Cast(Protocol):
    """``composites`` are tools that may leave no record of their own, or several.

    ``faults`` go on before a step; ``scenes`` are calls that are made at a step, by whom, whatever chance says.
    """

    @property
    def steps(self) -> int: ...

    @property
    def composites(self) -> frozenset[str]: ...

    @property
    def faults(self) -> Mapping[int, Fault]: ...

    @property
    def scenes(self) -> Mapping[int, Scene]: ...

    @property
    def breaks_off(self) -> bool:
        """Whether an export does, so that it can be resumed."""
        ...

    @property
    def session_providers(self) -> SessionProviders | None:
        """The providers beside BugSnag; None where there is no connection to them."""
        ...

    def policies(self, folder: Path, draw: Random) -> Path:
        """Their folder, some of them written by chance."""
        ...

    def settings(self, site: Site, policies: Path) -> tuple[Settings, Mapping[str, str]]:
        """The connections, and the environment that has their secrets."""
        ...

    def agents(self, site: Site, names: Iterable[str], draw: Random) -> Mapping[str, Agent]:
        """Those who take part."""
        ...


@dataclass(frozen=True, kw_only=True)
class OfBugSnag:
    """BugSnag alone."""

    steps: int = 160
    composites: frozenset[str] = frozenset(
        {"whats_new", "triage_error", "locate_error", "check_feature_flags", "compare_releases"}
    )
    faults: Mapping[int, Fault] = field(
        default_factory=lambda: dict.fromkeys((30, 70), Fault(kind=FaultKind.STATUS, method="GET", status=503))
    )
    scenes: Mapping[int, Scene] = field(default_factory=dict[int, Scene])
    breaks_off: bool = False
    session_providers: SessionProviders | None = None

    def policies(self, folder: Path, draw: Random) -> Path:
        return bugsnag.policies(folder, draw)

    def settings(self, site: Site, policies: Path) -> tuple[Settings, Mapping[str, str]]:
        connection = {"bugsnag": {"base_url": site.upstream, "token_env": "TOKEN"}}
        return settings_in(site.folder, policies=policies, connections=connection), {"TOKEN": SANDBOX_TOKEN}

    def agents(self, site: Site, names: Iterable[str], draw: Random) -> Mapping[str, Agent]:
        return {name: bugsnag.BugSnagAgent(site, draw) for name in sorted({*names, STRANGER})}


@dataclass(frozen=True, kw_only=True)
class OfSessions:
    """One provider of sessions, with connections to all of them beside it.

    ``counted``: requests have a budget, so that pages come one after the other, and an export breaks off. Without one
    an export may ask for two pages at once, in any order.
    """

    vendor: Vendor
    counted: bool
    steps: int = 220
    session_providers: SessionProviders | None = field(default_factory=long_lists)

    @property
    def composites(self) -> frozenset[str]:
        return self.vendor.composites

    @property
    def breaks_off(self) -> bool:
        return self.counted and self.vendor.export is not None

    @property
    def faults(self) -> Mapping[int, Fault]:
        """Requests that fail once, a write among them, and an export that breaks off after its first page."""
        once = Fault(kind=FaultKind.STATUS, status=503)
        found = {30: once, 70: once}
        if self.vendor.writes is not None:
            found[50] = Fault(kind=FaultKind.STATUS, path=self.vendor.writes, status=503)
        if self.breaks_off:
            found[BROKEN_OFF] = Fault(kind=FaultKind.STATUS, path=self.vendor.busiest, status=503, skip=1, times=3)
        return found

    @property
    def scenes(self) -> Mapping[int, Scene]:
        """The export, and a look at what is left of it; the operator may come back to it later."""
        if self.vendor.export is None or not self.breaks_off:
            return {}
        export = OPERATOR, "export_sessions", self.vendor.export
        return {BROKEN_OFF: export, BROKEN_OFF + 1: (OPERATOR, "list_exports", {})}

    def policies(self, folder: Path, draw: Random) -> Path:
        written = policies_of_all(folder)
        write_policies(written, {f"chance-{number}": self._chance(draw) for number in range(3)})
        write_policies(written, {OWNER: everything(self.vendor.provider)})
        analyst = written / _ANALYST.name
        analyst.write_bytes(_ANALYST.read_bytes())
        analyst.chmod(0o600)
        return written

    def _chance(self, draw: Random) -> str:
        return "".join(self.vendor.grants(draw) for _ in range(draw.randint(1, 2)))

    def settings(self, site: Site, policies: Path) -> tuple[Settings, Mapping[str, str]]:
        connections = json.loads(site.connections["CRASHGATE_CONNECTIONS"])
        budget = {"requests_per_minute": _MANY} if self.counted else {}
        connections = {name: {**each, **budget} for name, each in connections.items()}
        settings = settings_in(site.folder, policies=policies, connections=connections, exports=str(site.exports))
        return settings, site.connections

    def agents(self, site: Site, names: Iterable[str], draw: Random) -> Mapping[str, Agent]:
        kept: list[Kept] = []
        some = [name for name in names if name.startswith("chance-")]
        return {
            name: SessionAgent(self.vendor, site, draw, kept, everywhere=name in {OPERATOR, _ANALYST.stem})
            for name in sorted([*some, OPERATOR, OWNER, _ANALYST.stem, STRANGER])
        }


def cast_of(provider: str, seed: int) -> Cast:
    """A new cast for the provider."""
    vendors = (bugsnag_sessions.VENDOR, bugspulse.VENDOR, browserstack.VENDOR, devrev.VENDOR)
    found = [each for each in vendors if each.provider == provider]
    return OfSessions(vendor=found[0], counted=seed % 2 == 0) if found else OfBugSnag()
