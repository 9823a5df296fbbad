"""Organizations and the people in them. Rule: a person sees only the organizations that they have a role in."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

from crashgate_sandbox.world.draw import draw, object_id

_TWO_FACTOR, _SMARTBEAR = 0.6, 0.4
"""Shares of people with two-factor login, and with an account of the vendor's parent company."""


@unique
class Role(StrEnum):
    """What a person may do in an organization's projects."""

    ADMIN = "admin"
    """Everything, the organization's own settings too."""
    MEMBER = "member"
    """Triage, but nothing that loses more than a single event."""
    READ_ONLY = "read_only"
    """Look, and change nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """How safe and how used a person's account is. Days and minutes are before now, None is never."""

    joined_days: int
    password_days: int
    two_factor_days: int | None
    recovery_codes: int
    last_request_minutes: int | None
    shows_utc: bool
    heroku: bool
    paid_for: bool
    smartbear: bool
    pending: bool
    """Invited, and not there yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who signs in, without a name until then; ``roles`` go by the organization's id."""

    id: str
    name: str | None
    email: str
    roles: Mapping[str, Role]
    account: Account


@dataclass(frozen=True, kw_only=True, slots=True)
class Organization:
    """A customer of the vendor; days are before now. ``auto_upgrade`` lets the vendor sell it a larger plan."""

    id: str
    slug: str
    name: str
    age_days: int
    updated_days: int
    creator: Person
    api_key: str
    billing_emails: tuple[str, ...]
    auto_upgrade: bool = False
    invoice_address: str = ""


def people(seed: int) -> tuple[Person, ...]:
    """An administrator of both organizations first, then members; the last one has not accepted the invitation."""
    return tuple(
        Person(
            id=object_id(seed, "person", email),
            name=name,
            email=email,
            roles={organization_id(seed, slug): role for slug, role in roles.items()},
            account=_account(seed, email, pending=name is None),
        )
        for name, email, roles in _PEOPLE
    )


def organizations(seed: int, creator: Person) -> tuple[Organization, ...]:
    """The two organizations."""
    return tuple(
        Organization(
            id=organization_id(seed, slug),
            slug=slug,
            name=name,
            age_days=age_days,
            updated_days=12,
            creator=creator,
            api_key=organization_key(seed, slug),
            billing_emails=(f"billing@{slug}.example",),
        )
        for slug, name, age_days in (("acme", "Acme Retail", 1460), ("globex", "Globex Outfitters", 610))
    )


def organization_id(seed: int, key: object) -> str:
    """The id of the organization that was founded under that word."""
    return object_id(seed, "organization", key)


def organization_key(seed: int, key: object) -> str:
    """An invented key of 32 hexadecimal digits."""
    return object_id(seed, "organization key", key) + "0" * 8


def team_id(seed: int, organization: str) -> str:
    """The one team of the organization with that id."""
    return object_id(seed, "team", organization)


def _account(seed: int, email: str, *, pending: bool) -> Account:
    rng = draw(seed, "account", email)
    joined = 2 if pending else rng.randrange(60, 600)
    secured = not pending and rng.random() < _TWO_FACTOR
    return Account(
        joined_days=joined,
        password_days=rng.randrange(1, joined),
        two_factor_days=rng.randrange(1, joined) if secured else None,
        recovery_codes=rng.randrange(2, 11) if secured else 0,
        last_request_minutes=None if pending else rng.randrange(1, 6000),
        shows_utc=rng.random() < 1 / 2,
        heroku=False,
        paid_for=not pending,
        smartbear=not pending and rng.random() < _SMARTBEAR,
        pending=pending,
    )


ADMINISTRATOR = "avery@acme.example"
PLAIN_MEMBER = "mateo@acme.example"
READER = "rin@acme.example"

_PEOPLE: tuple[tuple[str | None, str, Mapping[str, Role]], ...] = (
    ("Avery Lindqvist", ADMINISTRATOR, {"acme": Role.ADMIN, "globex": Role.ADMIN}),
    ("Mateo Ferreira", PLAIN_MEMBER, {"acme": Role.MEMBER}),
    ("Rin Okafor", READER, {"acme": Role.READ_ONLY}),
    ("Sofia Castellanos", "sofia@acme.example", {"acme": Role.MEMBER}),
    ("Jonas Weidmann", "jonas@acme.example", {"acme": Role.MEMBER}),
    ("Priya Raman", "priya@acme.example", {"acme": Role.ADMIN}),
    ("Dana Whitfield", "dana@globex.example", {"globex": Role.MEMBER}),
    ("Kofi Mensah", "kofi@globex.example", {"globex": Role.MEMBER}),
    (None, "noor@acme.example", {"acme": Role.MEMBER}),
)
