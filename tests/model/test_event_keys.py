"""The keys below the free data of an event are the vendor's own."""

import json
from pathlib import Path

from crashgate.providers.bugsnag.event import EVENT_KEYS, Event


def test_they_are_those_of_the_vendors_schema(contracts: Path) -> None:
    schemas = json.loads((contracts / "bugsnag" / "shapes.json").read_text(encoding="utf-8"))["schemas"]

    assert {name: set(keys) for name, keys in EVENT_KEYS.items()} == {
        name: set(schemas[f"Event{name.capitalize()}"]) for name in EVENT_KEYS
    }


def test_they_are_below_fields_of_an_event() -> None:
    assert set(EVENT_KEYS) <= set(Event.model_fields)
