"""The keys that an event documents below its free-form fields are the vendor's own."""

import json
from pathlib import Path

from crashgate.model.field_table import read_fields
from crashgate.providers.bugsnag.event import Event


def test_they_are_those_of_the_vendors_schema(contracts: Path) -> None:
    schemas = json.loads((contracts / "bugsnag" / "shapes.json").read_text(encoding="utf-8"))["schemas"]
    documented = {name: each.keys for name, each in read_fields(Event).items() if each.keys}

    assert documented.keys() == {"app", "device", "request", "user"}
    assert documented == {name: set(schemas[f"Event{name.capitalize()}"]) for name in documented}
