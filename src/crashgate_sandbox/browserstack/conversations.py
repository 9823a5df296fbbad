"""What customers ask a shop's support bot, and how it answers. Rule: invented, and drawn the same way each time.

Every third session carries one text by an attacker (``world.content.hostile``), in a place that changes.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from crashgate_sandbox.browserstack.records import Session, Trace
from crashgate_sandbox.world.content.hostile import HOSTILE, HOSTILE_NAMES
from crashgate_sandbox.world.draw import draw

_SEED = 7
_PLACES = 5
"""Where a hostile text can be: name, input, output, tags, metadata. It shares no factor with how many there are."""
_LONG_EVERY = 100
_USER_EVERY = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class _Scene:
    name: str
    question: str
    reply: str
    tags: tuple[str, ...]


_SCENES = (
    _Scene(
        name="order-status",
        question="Where is my order #48213? It should have been here on Tuesday.",
        reply="Order #48213 left our warehouse in Leipzig this morning and arrives tomorrow between 9 and 13.",
        tags=("orders", "intent:status"),
    ),
    _Scene(
        name="return-request",
        question="The boots are one size too small. Can I swap them for a 43?",
        reply="Yes. Print the label in your account, drop the box at any shop, and a 43 is on its way the same day.",
        tags=("returns", "intent:exchange"),
    ),
    _Scene(
        name="product-search",
        question="Which of your tents stands a storm and weighs less than two kilos?",
        reply="The Ridge 2 weighs 1.84 kg and is rated for winds of 90 km/h. The Fell 2 is lighter, but no storm tent.",
        tags=("catalogue", "rag"),
    ),
    _Scene(
        name="refund-status",
        question="I sent the stove back two weeks ago and see no money.",
        reply="We booked the refund of 89.90 EUR on 12 November. Banks take up to five working days.",
        tags=("payments", "intent:refund"),
    ),
    _Scene(
        name="promo-code",
        question="WINTER20 says it is invalid, why?",
        reply="WINTER20 starts on 1 December and is for full-price items only.",
        tags=("checkout", "intent:promo"),
    ),
    _Scene(
        name="delivery-address",
        question="Please send it to my neighbour: Ana Petrović, Hauptstraße 9, 04109 Leipzig.",
        reply="I changed the delivery address of the open parcel. You get a new tracking link by mail.",
        tags=("orders", "pii"),
    ),
    _Scene(
        name="handover-to-agent",
        question="I want to talk to a person now.",
        reply="I am passing you on to my colleague Mina. She reads what we wrote and is with you in about 3 minutes.",
        tags=("handover",),
    ),
    _Scene(
        name="warranty",
        question="サイズ表はどこにありますか。 And is the zip covered by warranty?",
        reply="サイズ表は商品ページの下にあります。 The zip is covered for two years.",
        tags=("warranty", "multilingual"),
    ),
)
_MODELS = ("support-large-2026-09", "support-small-2026-09", "support-large-2026-05")
_CHANNELS = ("web", "ios", "android", "e-mail")


def turn(session: Session, place: int, number: int, trace_id: str, latest: datetime) -> Trace:
    """One turn of the session that was drawn at ``place``, counted from 0, and never after ``latest``."""
    chance = draw(_SEED, "turn", place, number)
    scene = _SCENES[(place + number) % len(_SCENES)]
    latency = chance.randint(180, 9000) / 1000
    begun = min(latest, session.created_at + timedelta(seconds=number * chance.randint(20, 60)))
    trace = Trace(
        id=trace_id,
        timestamp=begun,
        name=scene.name,
        user_id=_user(chance, place),
        session_id=session.id,
        release=chance.choice(("shop-bot@2026.46.1", "shop-bot@2026.45.0", None)),
        version=chance.choice(("3", "4-beta", None)),
        environment=session.environment,
        public=chance.random() < 0.05,  # noqa: PLR2004 - one in twenty
        bookmarked=chance.random() < 0.1,  # noqa: PLR2004 - one in ten
        tags=scene.tags,
        metadata=_metadata(chance),
        input=_question(chance, scene, number),
        output=_reply(chance, scene),
        created_at=begun,
        updated_at=min(latest, begun + timedelta(seconds=latency)),
        latency=latency,
        total_cost=chance.randint(40, 9000) / 1_000_000,
    )
    return _with_hostile_text(trace, place // 3) if place % 3 == 0 and number == 0 else trace


def replayed_turn(session: Session, number: int, trace_id: str) -> Trace:
    """One of the many turns of a nightly replay: kilobytes in and out, and each hundredth a hundred of them."""
    scene = _SCENES[number % len(_SCENES)]
    long = 30 if number % _LONG_EVERY == 0 else 1
    begun = session.created_at + timedelta(milliseconds=10 * number)
    turns = [
        {"role": role, "content": words}
        for _ in range(5 * long)
        for role, words in (("user", scene.question), ("assistant", scene.reply))
    ]
    return Trace(
        id=trace_id,
        timestamp=begun,
        name=f"replay-{scene.name}",
        user_id=f"replay-user-{number % 40:02d}",
        session_id=session.id,
        release="shop-bot@2026.47.0-rc1",
        version="4",
        environment=session.environment,
        tags=("replay", *scene.tags),
        metadata={"case": number, "evals": {"faithfulness": (number * 37 % 101) / 100}},
        input={"messages": [*turns, {"role": "user", "content": scene.question}], "case": number},
        output={"role": "assistant", "content": " ".join([scene.reply] * 12 * long)},
        created_at=begun,
        updated_at=begun,
        latency=0.8,
        total_cost=0.0021,
    )


def _user(chance: Random, place: int) -> str | None:
    if place % _USER_EVERY == 1:
        return HOSTILE_NAMES[place // _USER_EVERY % len(HOSTILE_NAMES)]
    return chance.choice((f"customer-{chance.randint(1000, 9999)}", f"guest:{chance.randint(1, 400)}", None))


def _metadata(chance: Random) -> object:
    evals = {"faithfulness": chance.randint(40, 100) / 100, "tone": chance.randint(50, 100) / 100}
    full = {"channel": chance.choice(_CHANNELS), "model": chance.choice(_MODELS), "evals": evals, "retries": 0}
    return chance.choice((full, full, {}, None))


def _question(chance: Random, scene: _Scene, number: int) -> object:
    messages = [{"role": "system", "content": "You help customers of an outdoor shop."}] if number == 0 else []
    return chance.choice(
        (
            {"messages": [*messages, {"role": "user", "content": scene.question}], "temperature": 0.2},
            {"query": scene.question, "top_k": 4},
            scene.question,
        )
    )


def _reply(chance: Random, scene: _Scene) -> object:
    sources = [{"document": "help/delivery.md", "score": 0.82}, {"document": "help/returns.md", "score": 0.41}]
    return chance.choice(
        (
            {"role": "assistant", "content": scene.reply},
            {"answer": scene.reply, "sources": sources},
            scene.reply,
            [scene.reply, None, 3],
            None,
        )
    )


def _with_hostile_text(trace: Trace, turn_of: int) -> Trace:
    text = HOSTILE[turn_of % len(HOSTILE)]
    match turn_of % _PLACES:
        case 0:
            return replace(trace, name=text)
        case 1:
            return replace(trace, input={"messages": [{"role": "user", "content": text}]})
        case 2:
            return replace(trace, output={"role": "assistant", "content": f"You wrote: {text}"})
        case 3:
            return replace(trace, tags=(*trace.tags, text))
        case _:
            return replace(trace, metadata={"channel": "web", "note": text, text: "as a key"})
