"""What happened in a recording or a tab, in order. Rule: only the keys that the contract shows.

The documents show one event, an ANR; the names of the others are a guess (G). Custom events and their properties are
the app's, so whoever runs the app writes them.
"""

from random import Random

from crashgate_sandbox.devrev.answers import JsonObject
from crashgate_sandbox.devrev.logs import exception
from crashgate_sandbox.devrev.sessions import Session
from crashgate_sandbox.world.content.hostile import HOSTILE, HOSTILE_NAMES

_SCREENS = ("Home", "Search", "ProductDetail", "Cart", "Address", "Payment", "OrderReview", "Receipt")
_PATHS = ("/", "/search", "/product/8841", "/cart", "/address", "/payment", "/review", "/receipt")
_TAPS = 6
_HOSTILE_EVERY = 4


def timeline(session: Session, part: str) -> list[JsonObject]:
    """The events of one recording or tab; a failure stands at the end of the last one."""
    rng = session.rng("timeline", part)
    first, last = part == session.parts[0], part == session.parts[-1]
    events: list[JsonObject] = []
    for place in range(rng.randrange(2, len(_SCREENS))):
        events.append(_shown(session, place))
        events.extend(_tap(session, rng) for _ in range(rng.randrange(3)))
    if first:
        events.extend(_custom(session, name, rng) for name in session.custom_events)
        if session.number % _HOSTILE_EVERY == 1:
            events.append(_hostile(session))
    if last:
        events.extend(_end(session, rng))
    return events


def _end(session: Session, rng: Random) -> list[JsonObject]:
    events: list[JsonObject] = []
    if session.rage_tap:
        spot = _spot(session, rng)
        events.append({"event_name": "rage_tap", "event_type": "gesture", "coordinates": [spot] * _TAPS})
    if session.has_exception_occurred:
        name, message = exception(session)
        events.append(
            {
                "event_name": "exception",
                "event_type": "plug",
                "exception_class_name": name,
                "exception_tag": "fatal" if session.is_crash else "caught",
                "event_properties": {"message": message},
            }
        )
    for happened, name in ((session.is_anr, "anr"), (session.is_crash, "crash")):
        if happened:
            events.append({"event_name": name, "event_type": "plug", "input_type": "system_event_os", "name": name})
    return events


def _shown(session: Session, place: int) -> JsonObject:
    if session.is_web:
        properties = {"page_url": f"https://shop.acme.example{_PATHS[place]}"}
        return {"event_name": "page_view", "event_type": "plug", "name": _PATHS[place], "event_properties": properties}
    return {"event_name": "screen_view", "event_type": "plug", "name": _SCREENS[place]}


def _tap(session: Session, rng: Random) -> JsonObject:
    name = "click" if session.is_web else "tap"
    return {"event_name": name, "event_type": "gesture", "coordinates": [_spot(session, rng)]}


def _spot(session: Session, rng: Random) -> JsonObject:
    width, height = session.screen
    return {"x": round(rng.uniform(0, width), 1), "y": round(rng.uniform(0, height), 1)}


def _custom(session: Session, name: str, rng: Random) -> JsonObject:
    email = f"customer{rng.randrange(4000)}@mail.example"
    properties: JsonObject = {"amount": rng.randrange(500, 20_000), "currency": "EUR"}
    if not session.is_anonymous:
        properties["email"] = email
    return {"event_name": name, "event_type": "custom", "custom_tag": "shop", "event_properties": properties}


def _hostile(session: Session) -> JsonObject:
    text = HOSTILE[session.number // _HOSTILE_EVERY % len(HOSTILE)]
    name = HOSTILE_NAMES[session.number // _HOSTILE_EVERY % len(HOSTILE_NAMES)]
    return {
        "event_name": text,
        "event_type": "custom",
        "custom_tag": name,
        "event_properties": {"note": text, name: "x", "nested": {"more": [text]}},
    }
