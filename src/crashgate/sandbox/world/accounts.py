"""Organizations and the people in them. Rule: a person sees only the organizations that they have a role in."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

from crashgate.sandbox.world.draw import object_id


@unique
class Role(StrEnum):
    """What a person may do in an organization's projects."""

    ADMIN = "admin"
    """Everything, the organization's own settings too."""
    MEMBER = "member"
    """Triage, but nothing that loses data."""
    READ_ONLY = "read_only"
    """Look, and change nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who signs in; ``roles`` go by the organization's slug."""

    id: str
    name: str
    email: str
    roles: Mapping[str, Role]


@dataclass(frozen=True, kw_only=True, slots=True)
class Organization:
    """A customer of the vendor; ``age_days`` is how long it has been one."""

    id: str
    slug: str
    name: str
    age_days: int
    creator: Person
    api_key: str


def people(seed: int) -> tuple[Person, ...]:
    """An administrator of both organizations first, then members."""
    return tuple(
        Person(id=object_id(seed, "person", email), name=name, email=email, roles=roles)
        for name, email, roles in _PEOPLE
    )


def organizations(seed: int, creator: Person) -> tuple[Organization, ...]:
    """The two organizations."""
    return tuple(
        Organization(
            id=object_id(seed, "organization", slug),
            slug=slug,
            name=name,
            age_days=age_days,
            creator=creator,
            api_key=object_id(seed, "organization key", slug) + "0" * 8,
        )
        for slug, name, age_days in (("acme", "Acme Retail", 1460), ("globex", "Globex Outfitters", 610))
    )


ADMINISTRATOR = "avery@acme.example"
PLAIN_MEMBER = "mateo@acme.example"
READER = "rin@acme.example"

_PEOPLE: tuple[tuple[str, str, Mapping[str, Role]], ...] = (
    ("Avery Lindqvist", ADMINISTRATOR, {"acme": Role.ADMIN, "globex": Role.ADMIN}),
    ("Mateo Ferreira", PLAIN_MEMBER, {"acme": Role.MEMBER}),
    ("Rin Okafor", READER, {"acme": Role.READ_ONLY}),
    ("Sofia Castellanos", "sofia@acme.example", {"acme": Role.MEMBER}),
    ("Jonas Weidmann", "jonas@acme.example", {"acme": Role.MEMBER}),
    ("Priya Raman", "priya@acme.example", {"acme": Role.ADMIN}),
    ("Dana Whitfield", "dana@globex.example", {"globex": Role.MEMBER}),
    ("Kofi Mensah", "kofi@globex.example", {"globex": Role.MEMBER}),
)
