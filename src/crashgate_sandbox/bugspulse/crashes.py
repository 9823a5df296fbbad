"""Crash groups. Rule: 0 is the documented example's; they come with the one seen last first (G).

Source: docs/upstreams/bugspulse.md#crashes. There is no ``from`` and ``to`` here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from crashgate_sandbox.bugspulse.devices import Device, draw_device
from crashgate_sandbox.bugspulse.moments import DAY, iso
from crashgate_sandbox.bugspulse.texts import AWKWARD, FORMULAS
from crashgate_sandbox.bugspulse.timeline import SPAN
from crashgate_sandbox.bugspulse.written import Format, members
from crashgate_sandbox.world.content.hostile import HOSTILE
from crashgate_sandbox.world.draw import draw

COLUMNS = (
    "id", "message", "status", "isFatal", "handled", "occurrenceCount", "affectedDevices", "platform", "appVersion",
    "osVersion", "firstSeenAt", "lastSeenAt",
)  # fmt: skip
_MESSAGES = (
    ("android", "NullPointerException: Attempt to invoke virtual method 'int Cart.size()' on a null object reference"),
    ("ios", "Fatal error: Unexpectedly found nil while unwrapping an Optional value"),
    ("android", "OutOfMemoryError: Failed to allocate a 24883216 byte allocation with 8388608 free bytes"),
    ("android", "NetworkOnMainThreadException"),
    ("ios", "EXC_BAD_ACCESS (SIGSEGV) in CheckoutViewController.applyPromo(_:)"),
    ("android", "IllegalStateException: Fragment PaymentFragment not attached to a context"),
    (None, "TypeError: Network request failed"),
    ("android", "ANR: Input dispatching timed out (5004 ms)"),
    ("ios", "NSInternalInconsistencyException: Invalid update: invalid number of rows in section 0"),
    (None, "FormatException: Unexpected character (at character 1)"),
)
"""Messages with the platform that has them; None is any."""
_STATUSES = ("open", "open", "open", "acknowledged", "resolved", "ignored")
_ORDINARY_FIRST = 6
_TEMPLATES = {
    Format.JSON: '{"id":"%s",%s,"firstSeenAt":"%s","lastSeenAt":"%s"}',
    Format.CSV: "%s,%s,%s,%s",
}
_SEED = 4
_EXAMPLE = Device(platform="android", os_version="14", app_version="2.4.1", network_type="wifi")


@dataclass(frozen=True, kw_only=True, slots=True)
class CrashGroup:
    """What repeats of a group; ``given`` is its part of a row, from ``message`` to ``osVersion``."""

    given: Mapping[str, object]
    age: int
    """Milliseconds from the first time to the last."""


@cache
def crash_groups() -> tuple[CrashGroup, ...]:
    """The table of groups: the example, some ordinary ones, and then hostile, awkward and ordinary ones in turn."""
    rng = draw(_SEED, "crashes")
    messages: list[tuple[str | None, str]] = [*_MESSAGES[:_ORDINARY_FIRST]]
    for place, message in enumerate((*HOSTILE, *FORMULAS, *AWKWARD)):
        messages.append((None, message))
        if place % 2:
            messages.append(_MESSAGES[(_ORDINARY_FIRST + place // 2) % len(_MESSAGES)])
    groups = [_group("TypeError: Cannot read properties of undefined", "open", _EXAMPLE, fatal=True, seen=14, on=9)]
    for platform, message in messages:
        seen = rng.randrange(1, 900)
        devices = rng.randrange(1, seen + 1)
        status = rng.choice(_STATUSES)
        groups.append(
            _group(message, status, draw_device(rng, platform), fatal=rng.random() < 2 / 3, seen=seen, on=devices)
        )
    return tuple(groups)


@cache
def _written_groups(form: Format) -> tuple[tuple[CrashGroup, str], ...]:
    return tuple((group, members(group.given, form)) for group in crash_groups())


class Crashes:
    """``count`` groups; beyond the table's length the messages repeat. ``now`` is in milliseconds."""

    def __init__(self, *, count: int, now: int) -> None:
        self.count = count
        self._now = now
        self._step = max(1, SPAN // max(1, count))

    def rows(self, numbers: range, form: Format) -> list[str]:
        """Groups that follow one another, written."""
        table, template = _written_groups(form), _TEMPLATES[form]
        found: list[str] = []
        for number in numbers:
            group, part = table[number % len(table)]
            last = self._now - (number + 1) * self._step
            found.append(template % (crash_id(number), part, iso(last - group.age), iso(last)))
        return found


def crash_id(number: int) -> str:
    """The same for a number on every start."""
    return f"crash_{number:03}" if number else "crash_xyz"


def _group(message: str, status: str, device: Device, *, fatal: bool, seen: int, on: int) -> CrashGroup:  # noqa: PLR0913 - the fields of a row
    given = {
        "message": message,
        "status": status,
        "isFatal": fatal,
        "handled": not fatal,
        "occurrenceCount": seen,
        "affectedDevices": on,
        "platform": device.platform,
        "appVersion": device.app_version,
        "osVersion": device.os_version,
    }
    return CrashGroup(given=given, age=seen * DAY // 20)
