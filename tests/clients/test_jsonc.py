"""An edit of JSON with comments changes one member and no other character."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.clients.jsonc import read, remove_member, set_member

ENTRY = {"command": "/usr/bin/crashgate", "args": ["serve"]}

FILES = [
    "{}",
    "{\n}\n",
    '{"a": 1}',
    '{"servers": {}}',
    '{\n  "servers": {\n    "other": {"url": "https://x.example//y"} // mine\n  }\n}\n',
    '// top\n{\n\t"servers": {\n\t\t"other": 1, /* two,\n lines } */\n\t},\n\t"z": "// not a comment",\n}\n// end\n',
    '{\r\n    "inputs": [1, 2,],\r\n    "servers": { "a": [] }\r\n}\r\n',
    "\ufeff{ /* only a comment */ }",
    '{"servers": {"mine": {"command": "old"}, "other": "\\"}{"}}',
    '{"servers": {"mine": 1, "mine": 2}}',
]

COMMENTS = ("// top", "// mine", "/* two,\n lines } */", "// end", "/* only a comment */")


@pytest.mark.parametrize("text", FILES)
def test_a_member_is_set_and_everything_else_stays(text: str) -> None:
    after = set_member(text, ("servers", "mine"), ENTRY)

    data = dict(read(text))
    assert read(after) == {**data, "servers": {**data.get("servers", {}), "mine": ENTRY}}
    comments = [
        part for part in ("// top", "// mine", "/* two,\n lines } */", "// end", "/* only a comment */") if part in text
    ]
    assert [part for part in comments if part not in after] == []
    assert ("\r\n" in text) == ("\r\n" in after)
    assert set_member(after, ("servers", "mine"), ENTRY) == after


@pytest.mark.parametrize("text", FILES)
def test_a_member_that_was_set_can_be_removed(text: str) -> None:
    after = remove_member(set_member(text, ("servers", "mine"), ENTRY), ("servers", "mine"))

    kept = {name: each for name, each in read(text).get("servers", {}).items() if name != "mine"}
    if '"mine": 1' not in text:
        assert read(after).get("servers", {}) == kept
    assert {**read(after), "servers": 0} == {**read(text), "servers": 0}


def test_a_comma_goes_behind_the_last_value_and_not_behind_its_comment() -> None:
    assert set_member('{\n  "a": 1 // one\n}\n', ("b",), 2) == '{\n  "a": 1, // one\n  "b": 2\n}\n'


def test_without_a_trailing_comma_none_is_left_behind() -> None:
    assert remove_member('{\n  "a": 1, // one\n  "b": 2\n}\n', ("b",)) == '{\n  "a": 1 // one\n}\n'


@pytest.mark.parametrize("text", ["", "\n", "  "])
def test_an_empty_file_becomes_an_object(text: str) -> None:
    assert json.loads(set_member(text, ("servers", "mine"), ENTRY)) == {"servers": {"mine": ENTRY}}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "line 1: it is not an object"),
        ('{"a": 1 "b": 2}', "line 1: a comma is missing"),
        ("{\n  a: 1}", "line 2: a name in double quotes and a colon are expected"),
        ('{"a": nope}', "line 1: this is no value of JSON"),
        ('{"a": 1} x', "line 1: something follows the end"),
        ('{"a": ', "line 1: the text ends too early"),
        ('{"a": ' + "[" * 200, "line 1: it is nested too deeply"),
        ('{"servers": 1}', "`servers` is not an object"),
    ],
)
def test_what_cannot_be_edited_is_refused_with_the_line(text: str, why: str) -> None:
    with pytest.raises(ValueError, match="^" + why.replace("(", r"\(")):
        set_member(text, ("servers", "mine"), ENTRY)


_JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(data=st.dictionaries(st.text(), _JSON, max_size=4), indent=st.sampled_from([None, 2, "\t"]), key=st.text())
def test_any_object_is_read_as_json_reads_it_and_edited_in_one_place(
    data: dict[str, Any], indent: int | str | None, key: str
) -> None:
    text = json.dumps(data, indent=indent)

    assert read(text) == data
    assert json.loads(set_member(text, (key,), ENTRY)) == {**data, key: ENTRY}
    assert json.loads(remove_member(text, (key,))) == {name: each for name, each in data.items() if name != key}
