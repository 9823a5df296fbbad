import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given

from crashgate.audit.canonical import decode, encode
from crashgate.audit.record import OutcomeRecord, Record
from crashgate.errors import Code
from tests.audit.samples import DECISION, HOSTILE, OUTCOME, TEXT_FIELDS, records


@pytest.mark.ablation("a record holds plain ASCII")
@given(records())
@example(replace(DECISION, client="\ud800"))
def test_a_record_survives_the_store_unchanged(record: Record) -> None:
    assert decode(encode(record)) == record


@pytest.mark.threats(25, 26)
@given(records())
@example(DECISION)
def test_a_stored_line_is_printable_ascii_whatever_is_in_the_fields(record: Record) -> None:
    # Guards: ensure_ascii in canonical._ENCODER.
    body = encode(record)

    assert {character for character in body if not " " <= character <= "~"} == set()
    assert len(body.splitlines()) == 1


@pytest.mark.threats(26)
@pytest.mark.parametrize("field", TEXT_FIELDS)
def test_text_in_a_field_cannot_add_a_field_or_a_record(field: str) -> None:
    # Guards: the whole of encode; a hand-made line would let the quote through.
    changes: dict[str, Any] = {field: HOSTILE + '","effect":"deny"}'}
    body = encode(replace(DECISION, **changes))

    assert json.loads(body) == json.loads(encode(DECISION)) | changes


def test_a_record_is_spelled_in_one_way() -> None:
    # Guards: sort_keys and separators; the text is written by hand.
    assert encode(replace(OUTCOME, error=Code.UPSTREAM_TIMEOUT, sentence="é")) == (
        '{"at":"2026-11-20T17:18:16.335Z","call":"00000000000000000000000000000001","dropped":0,"duration_ms":212,'
        '"error":"upstream_timeout","format":3,"kind":"outcome","redacted":[],"requests":1,"result":"answered",'
        '"rows":null,"sentence":"\\u00e9","shared":false,"status":200}'
    )


@pytest.mark.ablation("a record has the fields of its kind and no others", "true is no number in a record")
@pytest.mark.parametrize(
    "change",
    [
        {"format": 0},
        {"format": 1},
        {"format": 4},
        {"format": True},
        {"format": "3"},
        {"format": None},
        {"kind": "approval"},
        {"kind": None},
        {"kind": ["outcome"]},
        {"extra": 1},
        {"status": "200"},
        {"status": True},
        {"duration_ms": None},
        {"duration_ms": 1.0},
        {"result": "won"},
        {"result": ["answered"]},
        {"sentence": None},
        {"redacted": None},
        {"redacted": [1]},
        {"redacted": ["user email"]},
        {"shared": 1},
        {"call": "1"},
        {"error": "nothing"},
    ],
)
def test_what_is_no_record_of_this_format_is_refused(change: dict[str, object]) -> None:
    # Guards: each check of decode; a reader must not show what it does not understand.
    plain = json.loads(encode(OUTCOME)) | change

    with pytest.raises(ValueError, match=r"."):
        decode(json.dumps(plain))


@pytest.mark.parametrize("arguments", [None, [], {"a": None}, {"a": {}}, {"a": [1]}, {"a": 1.5}])
def test_arguments_of_another_shape_are_refused(arguments: object) -> None:
    # Guards: canonical._arguments and the check in DecisionRecord.
    plain = json.loads(encode(DECISION)) | {"arguments": arguments}

    with pytest.raises(ValueError, match="arguments"):
        decode(json.dumps(plain))


@pytest.mark.parametrize("body", ["", "1", "[]", "null", "{", "[" * 100_000, "é", '{"format":1}'])
def test_what_is_no_object_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(body)


def test_a_missing_field_is_refused_even_where_it_has_a_default() -> None:
    # Guards: the comparison of the field names in decode.
    plain = json.loads(encode(OUTCOME))
    del plain["rows"]

    with pytest.raises(ValueError, match="other fields"):
        decode(json.dumps(plain))


def test_a_record_that_is_not_spelled_in_ascii_is_not_one_of_ours() -> None:
    # Guards: isascii in canonical._object.
    plain = json.loads(encode(OUTCOME)) | {"sentence": "\u202e"}

    with pytest.raises(ValueError, match="not a record of a format"):
        decode(json.dumps(plain, ensure_ascii=False))


OF_FORMAT_1 = {
    "decision": '{"access":"write","agent":"triage-agent","arguments":{"error_id":"5f1d00c44d5e6f7a8b9c0aaa",'
    '"project_id":"checkout-ios"},"arguments_digest":null,"at":"2026-11-20T17:18:16.123Z",'
    '"call":"00000000000000000000000000000001","client":null,"connection":"bugsnag","effect":"allow","format":1,"kind":"decision","operation":"bugsnag.errors.fix",'
    '"organization":null,"organization_slug":null,"parent":null,"past":"resolved","policy_hash":null,"project":null,'
    '"project_slug":null,"provider":"bugsnag","purpose":"call","reason":"granted","resource":"error","rule":null,'
    '"sentence":"It asked.","subject":"launch","target":"an error","tool":"resolve_error",'
    '"verb":"resolve","via":"stdio"}',
    "outcome": '{"at":"2026-11-20T17:18:16.335Z","call":"00000000000000000000000000000001","dropped":0,'
    '"duration_ms":212,"error":null,"format":1,"kind":"outcome","requests":1,"result":"answered","rows":null,'
    '"sentence":"It was done.","status":200}',
}
"""As the first release wrote them."""


OLD = replace(
    DECISION,
    arguments_digest=None,
    client=None,
    organization=None,
    policy_hash=None,
    project=None,
    project_slug=None,
    rule=None,
    sentence="It asked.",
    target="an error",
)
"""The decision in the lines of older formats, as far as all of them have it."""


def test_records_of_the_first_format_are_still_read() -> None:
    # Guards: _LOADS_OF: an existing log stays readable.
    assert decode(OF_FORMAT_1["decision"]) == OLD
    assert decode(OF_FORMAT_1["outcome"]) == replace(OUTCOME, sentence="It was done.")


@pytest.mark.parametrize("kind", OF_FORMAT_1)
def test_a_record_of_the_first_format_has_no_later_field(kind: str) -> None:
    later = {"decision": {"observed": True}, "outcome": {"shared": True}}[kind]

    with pytest.raises(ValueError, match="other fields"):
        decode(json.dumps(json.loads(OF_FORMAT_1[kind]) | later))


@pytest.mark.ablation("a record of an unknown format is not read")
@pytest.mark.parametrize("format_", [0, 4, True, "1", None])
def test_a_record_of_an_unknown_format_is_not_read_as_one_of_the_first(format_: object) -> None:
    with pytest.raises(ValueError, match="not a record of a format"):
        decode(json.dumps(json.loads(OF_FORMAT_1["outcome"]) | {"format": format_}))


OF_FORMAT_2 = {
    "decision": '{"access":"write","agent":"triage-agent","app":null,"approval":"ap-1","arguments":{},'
    '"arguments_digest":null,"at":"2026-11-20T17:18:16.123Z","call":"00000000000000000000000000000001","client":null,'
    '"connection":"bugsnag","effect":"allow","environment":null,"format":2,"kind":"decision",'
    '"observed":false,"operation":"bugsnag.errors.fix","organization":null,"organization_slug":null,"parent":null,'
    '"past":"resolved","platform":null,"policy_hash":null,"project":null,"project_slug":null,"provider":"bugsnag",'
    '"purpose":"call","reason":"granted","resource":"error","rule":null,"sentence":"It asked.","subject":"launch",'
    '"target":"an error","tool":"resolve_error","verb":"resolve","via":"stdio"}',
    "outcome": '{"at":"2026-11-20T17:18:16.335Z","call":"00000000000000000000000000000001","dropped":0,'
    '"duration_ms":212,"error":null,"format":2,"kind":"outcome","redacted":[],"requests":1,"result":"answered",'
    '"rows":null,"sentence":"It was done.","shared":true,"status":200}',
}
"""As they were written before a decision said who answered, which page it was and to what trace it belongs."""


def test_records_of_the_second_format_are_still_read() -> None:
    # Guards: _LOADS_OF: an existing log stays readable.
    assert decode(OF_FORMAT_2["decision"]) == replace(OLD, arguments={}, approval="ap-1")
    assert decode(OF_FORMAT_2["outcome"]) == replace(OUTCOME, sentence="It was done.", shared=True)
    with pytest.raises(ValueError, match="other fields"):
        decode(json.dumps(json.loads(OF_FORMAT_2["decision"]) | {"trace": None}))


def test_the_kinds_do_not_mix() -> None:
    record = decode(encode(OUTCOME))

    assert isinstance(record, OutcomeRecord)
