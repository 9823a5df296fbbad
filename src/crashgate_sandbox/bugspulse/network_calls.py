"""The requests that the app makes, as a table that repeats. Rule: whether one failed is known from its number alone.

A request that failed has an ``error``: an answer of 400 or more, or none at all. Without an answer there is no status,
and some of those have no duration either (G).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from crashgate_sandbox.bugspulse.texts import AWKWARD, FORMULAS
from crashgate_sandbox.bugspulse.written import Format, members
from crashgate_sandbox.world.content.hostile import HOSTILE
from crashgate_sandbox.world.draw import draw

_SEED = 4
_HOST = "https://api.shop.example"
_ORDINARY = (
    ("GET", "/v2/catalogue?page=1", 200),
    ("GET", "/v2/products/8812", 200),
    ("GET", "/v2/products/8812/reviews?sort=newest", 200),
    ("GET", "/v2/search?q=caf%C3%A9%20cup&limit=20", 200),
    ("GET", "/v2/basket", 304),
    ("POST", "/v2/basket/items", 201),
    ("DELETE", "/v2/basket/items/3", 204),
    ("PUT", "/v2/profile/address", 200),
    ("GET", "/v2/recommendations?user=usr_123", 200),
    ("POST", "/v2/checkout", 200),
    ("PATCH", "/v2/profile", 200),
    ("POST", "/v2/login?token=tok_2f9c71aa", 200),
)
_FAILED = (
    ("GET", "/v2/products/99999", 404, "Not Found"),
    ("POST", "/v2/login", 401, "Unauthorized"),
    ("POST", "/v2/checkout/pay", 402, "Card declined: insufficient funds"),
    ("GET", "/v2/recommendations", 503, "Service Unavailable"),
    ("GET", "/v2/catalogue?page=2", 504, "upstream request timeout"),
    ("POST", "/v2/basket/items", 429, "Too Many Requests"),
    ("GET", "/v2/stock/8812", None, "The network connection was lost."),
    ("POST", "/v2/receipts", None, "java.net.UnknownHostException: api.shop.example"),
)
_TABLE = 211


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkCall:
    """One request. ``given`` is its part of a row, from ``method`` to ``error``."""

    failed: bool
    given: Mapping[str, object]


@cache
def network_calls() -> tuple[NetworkCall, ...]:
    """The table; its first row is the documented example's."""
    rng = draw(_SEED, "network")
    calls = [_call("POST", "https://api.yourapp.com/checkout", 500, 1840, "Internal Server Error")]
    calls += [_call("POST", f"{_HOST}/v2/feedback", 422, 96, text) for text in (*HOSTILE, *FORMULAS, *AWKWARD)]
    calls += [_call("GET", f"{_HOST}/v2/search?q={text}", 200, 143, None) for text in (*HOSTILE, *FORMULAS, *AWKWARD)]
    calls += [_call("GET", FORMULAS[0], None, None, "unsupported URL")]
    while len(calls) < _TABLE:
        duration = rng.randrange(35, 900)
        if rng.random() < 1 / 9:
            method, path, status, error = rng.choice(_FAILED)
            took = None if status is None and rng.random() < 1 / 2 else duration * 4
            calls.append(_call(method, _HOST + path, status, took, error))
        else:
            method, path, status = rng.choice(_ORDINARY)
            calls.append(_call(method, _HOST + path, status, duration, None))
    rest = calls[1:]
    rng.shuffle(rest)
    return (calls[0], *rest)


@cache
def network_parts(form: Format) -> tuple[str, ...]:
    """The table's parts of rows, written."""
    return tuple(members(call.given, form) for call in network_calls())


@cache
def failed_before() -> tuple[int, ...]:
    """How many of the table's first n failed, for every n up to the whole table."""
    return tuple(accumulate((int(call.failed) for call in network_calls()), initial=0))


def _call(method: str, url: str, status: int | None, duration: int | None, error: str | None) -> NetworkCall:
    given = {"method": method, "url": url, "statusCode": status, "duration": duration, "error": error}
    return NetworkCall(failed=error is not None, given=given)
