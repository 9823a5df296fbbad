"""Sessions: what there is to list. Rule: drawn from a seed and a number; 0 is the newest.

Something hostile stands where an outsider can write: in some device models and in the ids that an app gave its users.
That web sessions have ``tab_ids`` in place of ``recording_ids``, and know no crash and no ANR, is a guess (G).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from crashgate.clock import timestamp
from crashgate_sandbox.devrev.answers import JsonObject
from crashgate_sandbox.devrev.apps import App, Platform
from crashgate_sandbox.devrev.devices import DEVICES, NETWORKS, PLUG_SDKS
from crashgate_sandbox.world.content.hostile import HOSTILE, HOSTILE_NAMES
from crashgate_sandbox.world.draw import draw
from crashgate_sandbox.world.visits import Visit

_SECONDS_APART = 1200
"""There is one session in each such span of an app on a platform."""
_ON_NEWEST_VERSION = 20
"""That many of the newest sessions are on the newest version."""
_CRASH, _ANR, _EXCEPTION, _RAGE_TAP, _ANONYMOUS = (8, 2), (11, 4), (5, 3), (9, 6), (5, 1)
"""Which sessions are so: every eighth one from number 2 on, and so on."""
_HOSTILE_MODEL, _HOSTILE_USER = (13, 5), (17, 8)
_ORGANIZATIONS = 9
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LEVELS = {"13": "33", "14": "34", "15": "35", "16": "36"}
"""The SDK levels of Android's versions."""
_DELIVERY_EVENTS = ("add_to_cart", "promo_applied", "order_placed", "address_changed", "photo_uploaded")


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One session. ``parts`` are the ids of its recordings (mobile) or tabs (web), oldest first."""

    app: App
    platform: Platform
    number: int
    id: str
    created_at: datetime
    duration_ms: int
    app_version: str
    manufacturer: str
    model: str
    network_type: str
    os_version: str
    sdk_version: str
    screen: tuple[int, int]
    ram: int
    has_exception_occurred: bool
    is_crash: bool
    is_anr: bool
    rage_tap: bool
    is_anonymous: bool
    parts: tuple[str, ...]
    rev_org_id: str
    rev_user_id: str
    custom_events: tuple[str, ...]
    crashed_with: tuple[str, str] | None = None
    """Class and message, where the session is one whose crash BugSnag stored too."""

    @property
    def is_web(self) -> bool:
        """Whether it ran in a browser."""
        return self.platform is Platform.WEB

    @property
    def kind(self) -> str:
        """``mobile`` or ``web``."""
        return "web" if self.is_web else "mobile"

    def rng(self, *path: object) -> Random:
        """Chance of this session's own."""
        return draw(0, self.id, *path)


def app_sessions(seed: int, app: App, platform: Platform, number: int, now: datetime) -> tuple[Session, ...]:
    """That many sessions of an app on a platform, newest first."""
    return tuple(_session(seed, app, platform, place, now) for place in range(number))


def visited(seed: int, app: App, number: int, visit: Visit) -> Session:
    """The session in which a user's app crashed, as a crash that BugSnag stored has it."""
    one = visit.occurrence
    error = one.error
    platform = Platform(error.project.plan.platform.type)
    rng = draw(seed, "devrev visit", one.id)
    screen = DEVICES[platform][0]
    return Session(
        app=app,
        platform=platform,
        number=number,
        id=_uuid(rng),
        created_at=visit.started,
        duration_ms=(visit.ended - visit.started) // timedelta(milliseconds=1),
        app_version=one.release.version,
        manufacturer=one.device.manufacturer,
        model=one.device.model,
        network_type=rng.choice(NETWORKS),
        os_version=one.os_version,
        sdk_version=_LEVELS.get(one.os_version, one.os_version),
        screen=(screen.width, screen.height),
        ram=one.device.memory >> 20,
        has_exception_occurred=True,
        is_crash=True,
        is_anr=False,
        rage_tap=False,
        is_anonymous=visit.user is None,
        parts=(_uuid(rng),),
        rev_org_id=_organization(seed, rng.randrange(_ORGANIZATIONS)),
        rev_user_id=visit.user or _user(rng, number, anonymous=True),
        custom_events=(),
        crashed_with=(error.kind.error_class, error.message),
    )


def _session(seed: int, app: App, platform: Platform, number: int, now: datetime) -> Session:
    rng = draw(seed, "devrev", app.version_key, platform, number)
    device = rng.choice(DEVICES[platform])
    system, level = rng.choice(device.systems)
    web = platform is Platform.WEB
    crash, anr = not web and _falls_on(number, _CRASH), platform is Platform.ANDROID and _falls_on(number, _ANR)
    anonymous = _falls_on(number, _ANONYMOUS)
    milliseconds = number * _SECONDS_APART * 1000 + rng.randrange(1, _SECONDS_APART * 1000)
    return Session(
        app=app,
        platform=platform,
        number=number,
        id=_uuid(rng),
        created_at=now - timedelta(milliseconds=milliseconds),
        duration_ms=rng.randrange(4_000, 900_000),
        app_version=app.versions[-1] if number < _ON_NEWEST_VERSION else rng.choice(app.versions),
        manufacturer=device.manufacturer,
        model=HOSTILE[number % len(HOSTILE)] if _falls_on(number, _HOSTILE_MODEL) else device.model,
        network_type=rng.choice(NETWORKS),
        os_version=system,
        sdk_version=level,
        screen=(device.width, device.height),
        ram=device.ram,
        has_exception_occurred=crash or _falls_on(number, _EXCEPTION),
        is_crash=crash,
        is_anr=anr,
        rage_tap=_falls_on(number, _RAGE_TAP),
        is_anonymous=anonymous,
        parts=tuple(_uuid(rng) for _ in range(rng.choice((1, 1, 2, 3)))),
        rev_org_id=_organization(seed, rng.randrange(_ORGANIZATIONS)),
        rev_user_id=_user(rng, number, anonymous=anonymous),
        custom_events=tuple(rng.sample(_DELIVERY_EVENTS, rng.randrange(4))),
    )


def _falls_on(number: int, pattern: tuple[int, int]) -> bool:
    every, first = pattern
    return number % every == first


def _uuid(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))


def _organization(seed: int, number: int) -> str:
    return "REV-" + "".join(draw(seed, "rev org", number).choices(_LETTERS, k=8))


def _user(rng: Random, number: int, *, anonymous: bool) -> str:
    if not anonymous and _falls_on(number, _HOSTILE_USER):
        return (*HOSTILE_NAMES, *HOSTILE)[number % (len(HOSTILE_NAMES) + len(HOSTILE))]
    return ("ANON-" if anonymous else "REVU-") + "".join(rng.choices(_LETTERS, k=8))


def session_json(session: Session) -> JsonObject:
    """A session as ``sessions.get`` and ``sessions.list`` have it."""
    shown: JsonObject = {
        "type": session.kind,
        "platform": session.platform.value,
        "session_id": session.id,
        "created_at": timestamp(session.created_at),
        "device_metadata": device_json(session),
        "has_exception_occurred": session.has_exception_occurred,
        "rage_tap": session.rage_tap,
        "rev_org_id": session.rev_org_id,
        "rev_user_id": session.rev_user_id,
        "session_duration_ms": session.duration_ms,
    }
    if session.is_web:
        return {**shown, "tab_ids": list(session.parts)}
    return {
        **shown,
        "is_anr": session.is_anr,
        "is_crash": session.is_crash,
        "recording_ids": list(session.parts),
    }


def device_json(session: Session) -> JsonObject:
    """The device of a session; a browser has no SDK level (G)."""
    shown: JsonObject = {
        "app_version": session.app_version,
        "manufacturer": session.manufacturer,
        "model": session.model,
        "network_type": session.network_type,
        "os_version": session.os_version,
        "plug_sdk_version": PLUG_SDKS[session.platform],
        "screen_height": session.screen[1],
        "screen_width": session.screen[0],
    }
    return shown if session.is_web else {**shown, "sdk_version": session.sdk_version}
