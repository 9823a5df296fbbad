"""checkout-web: the checkout in React. Rule: invented, in the words of real browser errors."""

from crashgate_sandbox.world.content.browsers import BROWSERS
from crashgate_sandbox.world.platform import Crumb, Headline, Kind, LibraryFrame, Place, Platform, Surface

PLACES = (
    Place(
        file="webpack:///src/checkout/CheckoutForm.tsx",
        method="CheckoutForm",
        line=118,
        context="/checkout/payment",
        code=(
            "  const total = useMemo(() => {",
            "    const lines = cart?.lines ?? [];",
            "    return lines.reduce((sum, line) => sum + line.price.amount, 0);",
            "  }, [cart]);",
            "",
        ),
    ),
    Place(
        file="webpack:///src/checkout/usePaymentIntent.ts",
        method="usePaymentIntent",
        line=41,
        context="/checkout/payment",
        code=(
            "  useEffect(() => {",
            "    api.createIntent(orderId).then((intent) => {",
            "      setSecret(intent.payment.client_secret);",
            "    });",
            "  }, [orderId]);",
        ),
    ),
    Place(
        file="webpack:///src/cart/CartDrawer.tsx",
        method="CartDrawer",
        line=76,
        context="/cart",
        code=(
            "  const onRemove = (sku: string) => {",
            "    const next = lines.filter((line) => line.sku !== sku);",
            "    dispatch(replaceLines(next, next[0].currency));",
            "  };",
            "",
        ),
    ),
    Place(
        file="webpack:///src/address/AddressAutocomplete.tsx",
        method="onSuggestion",
        line=59,
        context="/checkout/address",
        code=(
            "  function onSuggestion(place: Place) {",
            "    const parts = new Map(place.components.map((c) => [c.type, c.long_name]));",
            "    form.setValue('city', parts.get('locality')!.trim());",
            "    setOpen(false);",
            "  }",
        ),
    ),
    Place(
        file="webpack:///src/lib/http.ts",
        method="request",
        line=33,
        context="/checkout/review",
        code=(
            "  const response = await fetch(url, { ...init, signal });",
            "  if (!response.ok) {",
            "    throw new HttpError(response.status, await response.text());",
            "  }",
            "  return response.json();",
        ),
    ),
    Place(
        file="webpack:///src/analytics/track.ts",
        method="track",
        line=22,
        context="/",
        code=(
            "export function track(name: string, props: Props) {",
            "  const payload = JSON.stringify({ name, props, at: Date.now() });",
            "  window.localStorage.setItem(`t:${name}`, payload);",
            "  queue.push(payload);",
            "}",
        ),
    ),
    Place(
        file="webpack:///src/checkout/ReviewStep.tsx",
        method="ReviewStep",
        line=91,
        context="/checkout/review",
        code=(
            "      {shipments.map((shipment) => (",
            "        <ShipmentCard",
            "          eta={formatDate(shipment.estimate.latest)}",
            "          key={shipment.id}",
            "        />",
        ),
    ),
)

KINDS = (
    Kind(error_class="TypeError", message="Cannot read properties of undefined (reading 'amount')"),
    Kind(error_class="TypeError", message="undefined is not an object (evaluating 'e.components.map')"),
    Kind(error_class="ChunkLoadError", message="Loading chunk {n} failed. (https://{host}/assets/{n}.{ref}.js)"),
    Kind(
        error_class="HttpError",
        message="502 from https://{host}/v3/orders/{ref} after {ms} ms",
        severity="warning",
        unhandled=False,
    ),
    Kind(error_class="UnhandledRejection", message="Non-Error promise rejection captured with value: Timeout"),
    Kind(
        error_class="QuotaExceededError",
        message="Failed to execute 'setItem' on 'Storage': Setting the value of 't:view' exceeded the quota.",
        severity="warning",
    ),
    Kind(error_class="RangeError", message="Invalid time value"),
    Kind(error_class="Error", message="Minified React error #{n}; visit https://react.dev/errors/{n}"),
    Kind(
        error_class="SecurityError",
        message="Blocked a frame with origin https://{host} from accessing a cross-origin frame.",
        severity="warning",
    ),
    Kind(
        error_class="AbortError",
        message="The user aborted a request for {sku}.",
        severity="info",
        unhandled=False,
    ),
    Kind(error_class="ReferenceError", message="Can't find variable: gtag", severity="warning"),
)

REACT = Platform(
    type="react",
    language="js",
    surface=Surface.BROWSER,
    app_id="checkout-web",
    app_type="browser",
    headlines=(
        Headline(
            kind=Kind(
                error_class="TypeError",
                message="Cannot read properties of undefined (reading 'client_secret')",
            ),
            place=1,
            events=402,
            age_days=3.4,
            burst=41,
        ),
        Headline(
            kind=Kind(error_class="ChunkLoadError", message="Loading chunk 214 failed after the deploy of {ref}"),
            place=4,
            events=233,
            age_days=27,
            stages=("production", "staging"),
        ),
        Headline(
            kind=Kind(error_class="RangeError", message="Invalid time value in shipment estimate of {sku}"),
            place=6,
            events=121,
            age_days=55,
            status="fixed",
        ),
    ),
    kinds=KINDS,
    places=PLACES,
    above=(),
    below=(
        LibraryFrame(
            file="webpack:///node_modules/react-dom/cjs/react-dom-client.production.js",
            method="renderWithHooks",
            line=5529,
        ),
        LibraryFrame(
            file="webpack:///node_modules/react-dom/cjs/react-dom-client.production.js", method="beginWork", line=7418
        ),
        LibraryFrame(
            file="webpack:///node_modules/react-dom/cjs/react-dom-client.production.js",
            method="performUnitOfWork",
            line=12101,
        ),
        LibraryFrame(
            file="webpack:///node_modules/react-dom/cjs/react-dom-client.production.js",
            method="performWorkOnRoot",
            line=11655,
        ),
        LibraryFrame(
            file="webpack:///node_modules/scheduler/cjs/scheduler.production.js",
            method="performWorkUntilDeadline",
            line=202,
        ),
    ),
    devices=BROWSERS,
    trail=(
        Crumb(name="Bugsnag loaded", type="navigation"),
        Crumb(name="DOMContentLoaded", type="navigation"),
        Crumb(name="GET /v3/session", type="request", data={"status": 200}),
        Crumb(name="UI click", type="user", data={"targetSelector": "BUTTON.add-to-bag", "targetText": "Add to bag"}),
        Crumb(name="POST /v3/cart/lines", type="request", data={"status": 201}),
        Crumb(name="History pushState", type="navigation", data={"from": "/product", "to": "/cart"}),
        Crumb(name="Console output", type="log", data={"severity": "warn", "0": "slow render: CartDrawer 61ms"}),
        Crumb(name="UI click", type="user", data={"targetSelector": "A.checkout", "targetText": "Check out"}),
        Crumb(name="History pushState", type="navigation", data={"from": "/cart", "to": "/checkout/address"}),
        Crumb(name="GET /v3/addresses/suggest", type="request", data={"status": 200}),
        Crumb(name="Console output", type="log", data={"severity": "error", "0": "suggest: empty components"}),
        Crumb(
            name="History pushState", type="navigation", data={"from": "/checkout/address", "to": "/checkout/payment"}
        ),
        Crumb(name="POST /v3/payment-intents", type="request", data={"status": 200}),
        Crumb(name="visibilitychange", type="state", data={"hidden": True}),
        Crumb(name="visibilitychange", type="state", data={"hidden": False}),
    ),
    urls=(
        "https://shop.acme.example/checkout/payment",
        "https://shop.acme.example/checkout/address?step=2",
        "https://shop.acme.example/checkout/review",
        "https://shop.acme.example/cart?promo=WINTER25",
        "https://shop.acme.example/",
    ),
)
