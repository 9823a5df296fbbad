"""The people whose apps crash. Rule: invented, on addresses and networks that are reserved for examples."""

from dataclasses import dataclass
from functools import lru_cache

from crashgate_sandbox.world.content.hostile import HOSTILE_NAMES
from crashgate_sandbox.world.draw import draw, object_id

_FIRST = (
    "Ada", "Noah", "Mila", "Omar", "Ines", "Liam", "Yuki", "Zoe", "Ravi", "Elsa", "Tariq", "Nora", "Hugo", "Leila",
    "Pavel", "Amara", "Finn", "Rosa", "Kai", "Maya",
)  # fmt: skip
_LAST = (
    "Novak", "Silva", "Haddad", "Berg", "Tanaka", "Moreau", "Kelly", "Osei", "Rossi", "Iyer", "Larsen", "Dubois",
    "Costa", "Meyer", "Petrov", "Nguyen", "Sato", "Doyle", "Varga", "Lund",
)  # fmt: skip
_PLANS = ("free", "plus", "plus", "business")
_LOCALES = (
    ("en_GB", "Europe/London"),
    ("en_US", "America/New_York"),
    ("de_DE", "Europe/Berlin"),
    ("fr_FR", "Europe/Paris"),
    ("pt_BR", "America/Sao_Paulo"),
)
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
_HOSTILE_EVERY = 97


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer:
    """A user of one of the apps."""

    id: str
    name: str
    email: str
    ip: str
    plan: str
    locale: str
    timezone: str


@lru_cache(maxsize=8192)
def customer(seed: int, organization: str, number: int) -> Customer:
    """The customer with that number."""
    rng = draw(seed, "customer", organization, number)
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    hostile = number % _HOSTILE_EVERY == _HOSTILE_EVERY - 1
    locale, timezone = rng.choice(_LOCALES)
    return Customer(
        id=f"cus_{object_id(seed, 'customer id', organization, number)[:12]}",
        name=rng.choice(HOSTILE_NAMES) if hostile else f"{first} {last}",
        email=f"{first}.{last}{number}@mail.example".lower(),
        ip=f"{rng.choice(_NETWORKS)}.{rng.randrange(1, 255)}",
        plan=rng.choice(_PLANS),
        locale=locale,
        timezone=timezone,
    )
