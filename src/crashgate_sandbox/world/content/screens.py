"""What the apps measure: starts, screens and the requests behind them. Rule: invented; medians are in milliseconds."""

from collections.abc import Mapping
from dataclasses import dataclass

_SHOP, _PAYMENTS = "api.acme.example", "payments.acme.example"


@dataclass(frozen=True, kw_only=True, slots=True)
class Timed:
    """Something that takes time: ``median`` milliseconds, and more the wider its ``spread`` (that of the logarithm)."""

    category: str
    name: str
    display_name: str
    median: float
    spread: float = 0.35

    @property
    def id(self) -> str:
        """The id of its span group."""
        return f"1.{self.category}.{self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Screen:
    """A screen or a start with the requests that it waits for; ``weight`` is how often it is seen, of all screens."""

    timed: Timed
    requests: tuple[Timed, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What one app measures. ``slower`` is what takes that many times longer since the newest release."""

    screens: tuple[Screen, ...]
    slower: Mapping[str, float]
    traces_a_day: int
    patterns: tuple[str, ...] = ()


def _request(method: str, host: str, path: str, median: float, spread: float = 0.45) -> Timed:
    return Timed(
        category="network",
        name=f"{method}-{host}{path}",
        display_name=f"{method} {host}{path}",
        median=median,
        spread=spread,
    )


def _view(name: str, median: float, spread: float = 0.35) -> Timed:
    return Timed(category="view_load", name=name, display_name=name, median=median, spread=spread)


_CATALOGUE = _request("GET", _SHOP, "/v2/catalogue", 210)
_PRODUCT = _request("GET", _SHOP, "/v2/products/{id}", 165)
_BASKET = _request("GET", _SHOP, "/v2/basket", 120)
_ADDRESS = _request("GET", _SHOP, "/v2/addresses", 140)
_INTENT = _request("POST", _PAYMENTS, "/v1/intents", 310)
_ORDER = _request("POST", _SHOP, "/v2/orders", 420)
_REFUND = _request("POST", _PAYMENTS, "/v1/refunds", 510)

SCREENS: Mapping[str, Measured] = {
    "checkout-ios": Measured(
        screens=(
            Screen(
                timed=Timed(
                    category="app_start", name="AppStart/Cold", display_name="AppStart - Cold", median=940, spread=0.3
                ),
                weight=2,
            ),
            Screen(timed=_view("UIKit/ProductListViewController", 430), requests=(_CATALOGUE,), weight=5),
            Screen(timed=_view("UIKit/CartViewController", 260), requests=(_BASKET,), weight=4),
            Screen(timed=_view("UIKit/AddressFormController", 300), requests=(_ADDRESS,), weight=2),
            Screen(timed=_view("UIKit/PaymentSheetViewController", 380), requests=(_INTENT,), weight=3),
            Screen(timed=_view("UIKit/OrderReviewViewController", 340), requests=(_ORDER,), weight=2),
            Screen(timed=_view("UIKit/RefundViewController", 420), requests=(_REFUND,), weight=0.08),
        ),
        traces_a_day=240,
        slower={_view("UIKit/PaymentSheetViewController", 0).id: 1.8, _INTENT.id: 2.2},
        patterns=(f"{_SHOP}/v2/products/{{id}}", f"{_PAYMENTS}/v1/intents"),
    ),
    "checkout-android": Measured(
        screens=(
            Screen(
                timed=Timed(
                    category="app_start", name="AppStart/Cold", display_name="AppStart - Cold", median=1150, spread=0.4
                ),
                weight=2,
            ),
            Screen(timed=_view("ProductListActivity", 510), requests=(_CATALOGUE, _PRODUCT), weight=5),
            Screen(timed=_view("CartActivity", 310), requests=(_BASKET,), weight=4),
            Screen(timed=_view("PaymentActivity", 450), requests=(_INTENT,), weight=3),
        ),
        slower={},
        traces_a_day=90,
    ),
    "checkout-web": Measured(
        screens=(
            Screen(
                timed=Timed(category="full_page_load", name="/cart", display_name="/cart", median=1900, spread=0.5),
                requests=(_BASKET,),
                weight=3,
            ),
            Screen(
                timed=Timed(category="route_change", name="/payment", display_name="/payment", median=280),
                requests=(_INTENT,),
                weight=2,
            ),
        ),
        slower={},
        traces_a_day=60,
    ),
}
"""By project; the others measure nothing."""
