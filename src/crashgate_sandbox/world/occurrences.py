"""Events: single crashes. Rule: drawn when somebody asks for the first time, and always the same ones.

An event's id is the error's own prefix and a counter, as in the vendor's ids, so an event is found by its id
without drawing those of other errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from crashgate_sandbox.world.customers import Customer, customer
from crashgate_sandbox.world.draw import draw, object_id
from crashgate_sandbox.world.errors import Error
from crashgate_sandbox.world.platform import Device, Surface
from crashgate_sandbox.world.releases import Release, live

PREFIX_LENGTH = 18
_CUSTOMERS = 4000
_NEWEST_BEFORE_BURST = 12
_LINGER = 0.3
"""The share of phones that still run an older release."""
_FOREGROUND, _FLAGGED = 0.85, 0.4
_ELSEWHERE_EVERY = 9
"""How often an event comes from another stage than the error's first."""
_WITHOUT_FLAG_EVERY = 20
"""How often an error happens without the flag that brings it."""
FLAGS: tuple[tuple[str, tuple[str | None, ...]], ...] = (
    ("new-payment-sheet", ("control", "treatment")),
    ("express-checkout", (None,)),
    ("address-autocomplete", ("provider-a", "provider-b")),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Occurrence:
    """One event, in what it can be searched by; the full report is drawn from it. ``number`` 0 is the oldest."""

    id: str
    error: Error
    number: int
    at: datetime
    customer: Customer
    release: Release
    device: Device
    os_version: str
    browser_version: str
    in_foreground: bool
    flags: tuple[tuple[str, str | None], ...]
    url: str
    custom: Mapping[str, str]


def error_prefix(seed: int, error_id: str) -> str:
    """What the ids of all events of an error begin with."""
    return object_id(seed, "events", error_id)[:PREFIX_LENGTH]


def error_occurrences(seed: int, error: Error, releases: Mapping[str, tuple[Release, ...]]) -> tuple[Occurrence, ...]:
    """All events of an error, newest first; ``releases`` are the project's by stage, oldest first."""
    rng = draw(seed, "occurrences", error.id)
    prefix = error_prefix(seed, error.id)
    platform = error.project.plan.platform
    start, people = rng.randrange(_CUSTOMERS), max(1, int(error.events * rng.uniform(0.4, 0.95)))
    introduced = {stage: live(releases[stage], error.first_seen) for stage in error.stages}
    found: list[Occurrence] = []
    for number, at in enumerate(_times(rng, error)):
        stage = error.stages[_stage(number, len(error.stages))]
        newest = live(releases[stage], at)
        linger = number > 0 and platform.surface is Surface.MOBILE and rng.random() < _LINGER
        device = rng.choice(platform.devices)
        who = number if number < people else rng.randrange(people)
        person = customer(seed, error.project.plan.organization, (start + who) % _CUSTOMERS)
        found.append(
            Occurrence(
                id=f"{prefix}{number:06x}",
                error=error,
                number=number,
                at=at,
                customer=person,
                release=releases[stage][max(introduced[stage], newest - 1) if linger else newest],
                device=device,
                os_version=rng.choice(device.os_versions),
                browser_version=rng.choice(device.browser_versions) if device.browser_versions else "",
                in_foreground=rng.random() < _FOREGROUND,
                flags=_flags(error, number, {name: rng.choice(of) for name, of in FLAGS if rng.random() < _FLAGGED}),
                url=rng.choice(platform.urls) if platform.urls else "",
                custom={
                    field: person.plan if field == "account.plan" else rng.choice(("stripe", "adyen"))
                    for field in error.project.plan.custom_fields
                },
            )
        )
    return tuple(reversed(found))


def _flags(error: Error, number: int, drawn: dict[str, str | None]) -> tuple[tuple[str, str | None], ...]:
    """The flags that chance set, and the one that brings the error, where one does."""
    if error.kind.flag is not None and number % _WITHOUT_FLAG_EVERY:
        name, variant = error.kind.flag
        drawn[name] = variant
    return tuple(drawn.items())


def _stage(number: int, stages: int) -> int:
    """The first events go round all stages, the later ones are mostly of the first."""
    return number % stages if number < stages or number % _ELSEWHERE_EVERY == 0 else 0


def _times(rng: Random, error: Error) -> list[datetime]:
    """Oldest first, whole seconds, the first and the last as the error says; a burst shares one second."""
    span = int((error.last_seen - error.first_seen).total_seconds())
    inside = sorted(int(span * rng.random() ** 0.75) for _ in range(error.events - 2))
    seconds = [0, *inside, span][-error.events :]
    if error.burst:
        end = len(seconds) - _NEWEST_BEFORE_BURST
        seconds[end - error.burst : end] = [seconds[end - 1]] * error.burst
    return [error.first_seen + timedelta(seconds=second) for second in seconds]
