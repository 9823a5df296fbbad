import json
from dataclasses import replace

import pytest

from crashgate.audit.chain import Head
from crashgate.audit.checkpoint import checkpoint_text
from crashgate.audit.statement import read_statement, state

AT = "2026-11-20T17:18:16.123Z"
HEADS = {"main-2": Head(seq=7, hash="b" * 64), "main": Head(seq=12, hash="a" * 64)}


class _Signer:
    """Signs with the length of the text."""

    public = "c" * 64

    def sign(self, text: bytes) -> str:
        return f"{len(text):0128x}"


STATEMENT = state(AT, HEADS, _Signer())


def test_what_is_signed_names_its_kind_and_every_head() -> None:
    # Guards: the text; it is written by hand.
    assert STATEMENT.text == (
        b"crashgate log head 1\n"
        b'{"at":"2026-11-20T17:18:16.123Z","chains":['
        b'{"chain":"main","hash":"'
        + b"a" * 64
        + b'","seq":12},{"chain":"main-2","hash":"'
        + b"b" * 64
        + b'","seq":7}]}'
    )
    assert STATEMENT.signature == _Signer().sign(STATEMENT.text)
    assert checkpoint_text(at=AT, chain="main", seq=4, hash_="a" * 64, count=2) == (
        b'crashgate log checkpoint 1\n{"at":"2026-11-20T17:18:16.123Z","chain":"main","count":2,"hash":"'
        + b"a" * 64
        + b'","seq":4}'
    )


def test_a_statement_is_read_as_it_was_printed() -> None:
    assert read_statement(json.dumps(STATEMENT.to_json())) == STATEMENT


@pytest.mark.threats(27)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        json.dumps(STATEMENT.to_json() | {"statement": "checkpoint"}),
        json.dumps(STATEMENT.to_json() | {"version": 2}),
        json.dumps(STATEMENT.to_json() | {"signature": "00"}),
        json.dumps(STATEMENT.to_json() | {"key": "short"}),
        json.dumps(STATEMENT.to_json() | {"at": "yesterday"}),
        json.dumps(STATEMENT.to_json() | {"chains": [{"chain": "../main", "seq": 1, "hash": "a" * 64}]}),
        json.dumps(STATEMENT.to_json() | {"chains": [{"chain": "main", "seq": "x", "hash": "a" * 64}]}),
        json.dumps(STATEMENT.to_json() | {"chains": [{"chain": "main", "seq": 1, "hash": "a"}]}),
        json.dumps(STATEMENT.to_json() | {"chains": [1]}),
    ],
)
def test_what_is_no_statement_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_statement(text)


def test_another_head_gives_another_text() -> None:
    assert replace(STATEMENT, heads=HEADS | {"main": Head(seq=11, hash="a" * 64)}).text != STATEMENT.text
