"""Sample exchanges, one for each operation, written from the documented shapes (see tests/samples)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from crashgate.catalogue.params import Params
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.registry import BY_ID, OPERATIONS
from crashgate.upstream.codec import encode
from tests.upstream.exchanges import CONNECTION, answered, dumped, expected, rows_of

FOLDER = Path(__file__).resolve().parent.parent / "samples"
FILES = sorted(FOLDER.rglob("*.json"))
SAMPLES: list[dict[str, Any]] = [json.loads(path.read_text(encoding="utf-8")) for path in FILES]
SCHEMAS = {
    "organizations": "OrganizationApiView",
    "projects": "ProjectApiView",
    "errors": "ErrorApiView",
    "events": "EventApiView",
    "trends": "Trend1",
    "releases": "ReleaseApiView",
    "stability_trend": "ProjectStabilityTrendApiView",
    "event_fields": "EventField",
}

each = pytest.mark.parametrize("sample", SAMPLES, ids=[sample["operation"] for sample in SAMPLES])


def params_of(sample: Mapping[str, Any]) -> Params:
    found: Params = BY_ID[sample["operation"]].params.model_validate(sample["params"])
    return found


def ordered(pairs: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Filter pairs in their order, which has a meaning, and the others sorted, since theirs has none."""
    filters = [pair for pair in pairs if pair[0].startswith("filters[")]
    return filters, sorted(pair for pair in pairs if pair not in filters)


def test_each_operation_has_its_sample_where_one_looks_for_it() -> None:
    wanted = {operation.id for operation in OPERATIONS if operation.provider is not Provider.CRASHGATE}

    assert {sample["operation"] for sample in SAMPLES} == wanted
    assert [path.relative_to(FOLDER).as_posix() for path in FILES] == [
        f"{sample['operation'].replace('.', '/')}.json" for sample in SAMPLES
    ]


@each
def test_the_request_of_a_sample_is_what_is_built_from_its_parameters(sample: dict[str, Any]) -> None:
    request = encode(BY_ID[sample["operation"]], params_of(sample), CONNECTION)
    address = urlsplit(request.url)
    wanted = sample["request"]

    assert (request.method, address.netloc, address.path) == (wanted["method"], "api.bugsnag.com", wanted["path"])
    assert ordered(parse_qsl(address.query, keep_blank_values=True)) == ordered(
        [(name, value) for name, value in wanted["query"]]
    )
    assert (None if request.body is None else json.loads(request.body)) == wanted["body"]


@each
async def test_the_answer_of_a_sample_decodes_to_every_field_that_it_holds(sample: dict[str, Any]) -> None:
    given = sample["response"]
    page, _ = await answered(
        BY_ID[sample["operation"]],
        params_of(sample),
        status=given["status"],
        headers=given["headers"],
        body=given["body"],
    )

    assert dumped(page) == expected(given["body"])
    assert page.total == (int(given["headers"]["X-Total-Count"]) if "X-Total-Count" in given["headers"] else None)
    assert (page.next_query is not None, page.truncated) == ("Link" in given["headers"], False)


@each
def test_the_answer_of_a_sample_has_documented_fields_only(sample: dict[str, Any], contracts: Path) -> None:
    schemas = json.loads((contracts / "bugsnag" / "shapes.json").read_text(encoding="utf-8"))["schemas"]
    rules = dict(schemas[SCHEMAS[sample["operation"].split(".")[1]]])
    if SCHEMAS[sample["operation"].split(".")[1]] == "EventApiView":
        rules |= schemas["ElasticSearchEventApiView"]
    for row in rows_of(sample["response"]["body"]):
        assert set(row) - set(rules) == set()
        assert {name for name, rule in rules.items() if rule["required"]} - set(row) == set()
