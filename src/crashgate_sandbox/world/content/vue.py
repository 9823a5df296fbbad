"""storefront-web: a shop front in Vue. Rule: invented, in the words of real browser errors."""

from crashgate_sandbox.world.content.browsers import BROWSERS
from crashgate_sandbox.world.platform import Crumb, Headline, Kind, LibraryFrame, Place, Platform, Surface

PLACES = (
    Place(
        file="/src/pages/ProductPage.vue",
        method="setup",
        line=64,
        context="/p/[slug]",
        code=(
            "const product = await useProduct(route.params.slug)",
            "const variant = computed(() =>",
            "  product.value.variants.find((v) => v.id === selected.value).stock,",
            ")",
            "",
        ),
    ),
    Place(
        file="/src/components/SearchBox.vue",
        method="onInput",
        line=37,
        context="/search",
        code=(
            "async function onInput(text) {",
            "  const hits = await search(text)",
            "  results.value = hits.groups.flatMap((g) => g.items)",
            "  open.value = true",
            "}",
        ),
    ),
    Place(
        file="/src/stores/wishlist.ts",
        method="add",
        line=29,
        context="/wishlist",
        code=(
            "    async add(sku: string) {",
            "      const saved = JSON.parse(localStorage.getItem('wishlist') ?? 'null')",
            "      saved.items.push({ sku, at: Date.now() })",
            "      localStorage.setItem('wishlist', JSON.stringify(saved))",
            "    },",
        ),
    ),
    Place(
        file="/src/lib/currency.ts",
        method="format",
        line=18,
        context="/p/[slug]",
        code=(
            "export function format(amount: number, currency: string) {",
            "  const locale = document.documentElement.lang",
            "  return new Intl.NumberFormat(locale, { style: 'currency', currency }).format(amount)",
            "}",
            "",
        ),
    ),
    Place(
        file="/src/components/ReviewList.vue",
        method="loadMore",
        line=72,
        context="/p/[slug]/reviews",
        code=(
            "async function loadMore() {",
            "  const page = await api.reviews(props.sku, cursor.value)",
            "  reviews.value.push(...page.rows.map(withAvatar))",
            "  cursor.value = page.next",
            "}",
        ),
    ),
)

VUE = Platform(
    type="vue",
    language="js",
    surface=Surface.BROWSER,
    app_id="storefront-web",
    app_type="browser",
    headlines=(
        Headline(
            kind=Kind(error_class="TypeError", message="Cannot read properties of undefined (reading 'stock')"),
            place=0,
            events=318,
            age_days=9.1,
            stages=("production", "staging"),
            burst=22,
        ),
        Headline(
            kind=Kind(error_class="RangeError", message="Invalid currency code : undefined for {sku}"),
            place=3,
            events=97,
            age_days=41,
            status="ignored",
        ),
    ),
    kinds=(
        Kind(error_class="TypeError", message='saved is null: no property "items"'),
        Kind(error_class="TypeError", message="e.groups is undefined"),
        Kind(
            error_class="FetchError",
            message='[GET] "https://{host}/api/products/{sku}": 504 Gateway Timeout',
            severity="warning",
            unhandled=False,
        ),
        Kind(error_class="SyntaxError", message="Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON"),
        Kind(error_class="Error", message="Failed to fetch dynamically imported module: /assets/ReviewList-{ref}.js"),
        Kind(error_class="InvalidStateError", message="An attempt was made to use an object that is not usable"),
        Kind(error_class="DataCloneError", message="The object can not be cloned.", severity="warning"),
        Kind(
            error_class="NotAllowedError",
            message="The request is not allowed by the user agent in the current context.",
            severity="info",
            unhandled=False,
        ),
        Kind(error_class="RangeError", message="Maximum call stack size exceeded"),
    ),
    places=PLACES,
    above=(),
    below=(
        LibraryFrame(
            file="/node_modules/@vue/runtime-core/dist/runtime-core.js", method="callWithErrorHandling", line=199
        ),
        LibraryFrame(file="/node_modules/@vue/runtime-core/dist/runtime-core.js", method="flushJobs", line=408),
        LibraryFrame(file="/node_modules/@vue/reactivity/dist/reactivity.js", method="ReactiveEffect.run", line=171),
    ),
    devices=BROWSERS,
    trail=(
        Crumb(name="Bugsnag loaded", type="navigation"),
        Crumb(name="GET /api/products", type="request", data={"status": 200}),
        Crumb(name="UI click", type="user", data={"targetSelector": "IMG.thumb", "targetText": ""}),
        Crumb(name="History pushState", type="navigation", data={"from": "/", "to": "/p/trail-jacket"}),
        Crumb(name="GET /api/reviews", type="request", data={"status": 200}),
        Crumb(name="UI click", type="user", data={"targetSelector": "SELECT#size", "targetText": "M"}),
        Crumb(name="Console output", type="log", data={"severity": "warn", "0": "[Vue warn] missing prop: variant"}),
        Crumb(name="locale changed", type="state", data={"from": "en-GB", "to": "de-DE"}),
        Crumb(name="UI click", type="user", data={"targetSelector": "BUTTON.wish", "targetText": "Save"}),
        Crumb(name="GET /api/stock", type="request", data={"status": 504}),
    ),
    urls=(
        "https://www.globex.example/p/trail-jacket",
        "https://www.globex.example/search?q=boots",
        "https://www.globex.example/wishlist",
        "https://www.globex.example/p/wool-hat/reviews",
    ),
)
