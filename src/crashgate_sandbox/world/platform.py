"""What the apps of a platform crash with, where, and on what. Rule: written text; chance picks from it elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Literal

Severity = Literal["info", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")
CrumbType = Literal["navigation", "request", "process", "log", "user", "state", "error", "manual"]


@unique
class Surface(StrEnum):
    """Where the code runs; it decides what a report knows about the machine."""

    MOBILE = "mobile"
    BROWSER = "browser"
    SERVER = "server"
    DESKTOP = "desktop"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of failure. ``message`` has blanks in braces: n, ms, sku, ref, host, address."""

    error_class: str
    message: str
    severity: Severity = "error"
    unhandled: bool = True
    cause: tuple[str, str] | None = None
    """Class and message of the exception below it."""
    flag: tuple[str, str | None] | None = None
    """The feature flag, with its variant, that brings it: nearly every event of it has it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where the app's own code fails. ``line`` is the number of the middle line of ``code``."""

    file: str
    method: str
    line: int
    context: str
    code: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LibraryFrame:
    """A frame of somebody else's code."""

    file: str
    method: str
    line: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """A phone, a browser, a host or a desk machine. Memory is in bytes."""

    model: str = ""
    model_number: str = ""
    manufacturer: str = ""
    os_name: str
    os_versions: tuple[str, ...]
    memory: int
    hostname: str = ""
    browser: str = ""
    browser_versions: tuple[str, ...] = ()
    jailbroken: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Crumb:
    """Something that the app did before it failed."""

    name: str
    type: CrumbType
    data: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, kw_only=True, slots=True)
class Headline:
    """An error that stands at the top of its project: the one a demonstration speaks of.

    ``age_days`` is when it was first seen, ``burst`` how many events of one second lie inside its newest page.
    """

    kind: Kind
    place: int
    events: int
    age_days: float
    stages: tuple[str, ...] = ("production",)
    status: str = "open"
    burst: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """Everything that is written for one platform."""

    type: str
    language: str
    surface: Surface
    app_id: str
    app_type: str
    runtime: Mapping[str, str] = field(default_factory=dict[str, str])
    headlines: tuple[Headline, ...]
    kinds: tuple[Kind, ...]
    places: tuple[Place, ...]
    above: tuple[LibraryFrame, ...]
    """Library frames above the app's own, where the exception is thrown."""
    below: tuple[LibraryFrame, ...]
    """Library frames below the app's own: the event loop, the framework."""
    devices: tuple[Device, ...]
    threads: tuple[str, ...] = ()
    trail: tuple[Crumb, ...]
    urls: tuple[str, ...] = ()
