"""The JSON Schema for editors, against the loader."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from crashgate.errors import PolicyDocumentError
from crashgate.policy.policy import Vocabulary
from crashgate.policy.schema import document_schema
from tests.catalogue import CATALOGUE
from tests.policy.builders import HEAD, loaded

GRANT = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-*"]\naccess.error = "read"\n'
EVERYTHING = Vocabulary(catalogue=CATALOGUE, connections={})
VALIDATOR: Any = jsonschema.Draft202012Validator(document_schema(EVERYTHING))

GOOD = {
    "nothing but a head": "",
    "a grant": GRANT,
    "a person between reading and changing": "[approve]\nafter_untrusted_minutes = 60\n",
    "all tables": 'mode = "observe"\n'
    + GRANT
    + '[off]\noperations = ["bugsnag.errors.discard"]\nparameters = ["bugsnag.errors.list.filters"]\n'
    '[limits]\ncalls_per_minute = 60\nrows_per_export = 5\n[redact]\nfields = ["user.email", "request.headers.*"]\n'
    'sets = ["people"]\n[approve]\noperations = ["bugsnag.errors.delete"]\nexpires_minutes = 5\n',
}
BAD = {
    "an unknown key": "limts = 1\n",
    "a misspelt mode": 'mode = "observ"\n',
    "one bracket for two": GRANT.replace("[[grant]]", "[grant]"),
    "no connection": GRANT.replace('connection = "bugsnag"\n', ""),
    "no access": GRANT.replace('access.error = "read"\n', ""),
    "an empty list": GRANT.replace('["checkout-*"]', "[]"),
    "text for a list": GRANT.replace('["checkout-*"]', '"checkout-*"'),
    "a capital letter": GRANT.replace("checkout-*", "Checkout"),
    "a long name": GRANT.replace("checkout-*", "a" * 101),
    "a misspelt resource": GRANT.replace("access.error", "access.eror"),
    "a misspelt level": GRANT.replace('"read"', '"raed"'),
    "a truth value as level": GRANT.replace('"read"', "false"),
    "an empty table": "[limits]\n",
    "a limit of nothing": "[limits]\ncalls_per_day = 0\n",
    "a limit too large": "[limits]\ncalls_per_day = 1_000_001\n",
    "a misspelt operation": '[off]\noperations = ["bugsnag.errors.discrd"]\n',
    "a required parameter": '[off]\nparameters = ["bugsnag.errors.get.error_id"]\n',
    "a misspelt set": '[redact]\nsets = ["poeple"]\n',
    "a star in the middle": '[redact]\nfields = ["exceptions.*.file"]\n',
    "an approval of nothing": "[approve]\nexpires_minutes = 5\n",
    "a person between for ever": "[approve]\nafter_untrusted_minutes = 1441\n",
    "an approval that lasts": '[approve]\noperations = ["bugsnag.errors.fix"]\nexpires_minutes = 1441\n',
}


def errors(text: str) -> list[str]:
    data: dict[str, Any] = tomllib.loads(text)
    return [error.message for error in VALIDATOR.iter_errors(data)]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(document_schema(EVERYTHING))


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_what_the_loader_takes_the_schema_takes(body: str) -> None:
    loaded(body)

    assert errors(HEAD + body) == []


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_what_has_a_shape_that_the_loader_refuses_the_schema_refuses(body: str) -> None:
    with pytest.raises(PolicyDocumentError):
        loaded(body)

    assert errors(HEAD + body) != []


@pytest.mark.parametrize("head", ["agent = 1\n", 'agent = "Triage"\nabout = "x"\nowner = "y"\n', 'agent = "a"\n'])
def test_a_wrong_head_is_refused(head: str) -> None:
    assert errors(head) != []


def test_every_shipped_document_fits_and_names_the_schema(root: Path) -> None:
    for path in (root / "policies").glob("*.toml"):
        text = path.read_text(encoding="utf-8")

        assert errors(text) == [], path.name
        assert text.startswith("#:schema ../docs/policy.schema.json\n"), path.name


def test_the_schema_in_the_docs_is_what_the_command_prints(root: Path) -> None:
    written = json.loads((root / "docs" / "policy.schema.json").read_text(encoding="utf-8"))

    assert written == document_schema(EVERYTHING), "run: crashgate policy schema > docs/policy.schema.json"
