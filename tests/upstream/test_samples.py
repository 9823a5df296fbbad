"""Sample exchanges, one for each operation, written from the documented shapes (see tests/samples)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from crashgate import __version__
from crashgate.model.operation import Shape
from crashgate.model.params import Params
from crashgate.upstream.codec import encode
from tests.catalogue import BY_ID, OPERATIONS
from tests.model.performance_shapes import PERFORMANCE_SCHEMAS
from tests.rows import read_row
from tests.upstream.exchanges import answered, connection_for, dumped, expected, rows_of, stamp_for

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
    "release_groups": "ReleaseGroup",
    "comments": "CommentApiView",
    "collaborators": "CollaboratorApiView",
    "saved_searches": "SavedSearch",
    "pivots": "PivotApiView",
    "pivots.list_values_on_error": "PivotValueApiView",
    "pivots.list_values_on_project": "PivotValueApiView",
    "span_groups.list": "SpanGroup",
    "span_groups.get": "SpanGroup",
    "span_groups.get_timeline": "SpanGroupTimelinePoint",
    "span_groups.get_distribution": "SpanGroupDistributionPoint",
    "span_groups.list_trace_fields": "TraceField",
    "span_groups.get_network_grouping": "ProjectNetworkGroupingRuleset",
    "span_groups.replace_network_grouping": "ProjectNetworkGroupingRuleset",
    "spans": "Span",
}

BUGSNAG = {"bugsnag", "bugsnag-sessions"}
HOSTS = {
    "bugsnag": "api.bugsnag.com",
    "bugsnag-sessions": "sessions.bugsnag.com",
    "bugspulse": "api.bugspulse.com",
    "browserstack": "evals.browserstack.com",
    "devrev": "api.devrev.ai",
}

each = pytest.mark.parametrize("sample", SAMPLES, ids=[sample["operation"] for sample in SAMPLES])
# An answer that is read as rows under other names is told with them; most of BugSnag's are read as they are.
AS_THEY_ARE = [sample for sample in SAMPLES if BY_ID[sample["operation"]].provider in BUGSNAG and "rows" not in sample]
AS_ROWS = [sample for sample in SAMPLES if "rows" in sample]
# What several errors are answered with is an object under each error's id; what sessions are, has no schema.
BULK = [sample for sample in SAMPLES if sample["operation"].endswith("_many")]
WITH_DOCUMENT = [
    sample
    for sample in SAMPLES
    if not sample["operation"].endswith("_many") and BY_ID[sample["operation"]].provider == "bugsnag"
]
each_with_a_document = pytest.mark.parametrize(
    "sample", WITH_DOCUMENT, ids=[sample["operation"] for sample in WITH_DOCUMENT]
)


def params_of(sample: Mapping[str, Any]) -> Params:
    found: Params = BY_ID[sample["operation"]].params.model_validate(sample["params"])
    return found


def schema_of(sample: Mapping[str, Any]) -> str:
    """The vendor's name of what is answered."""
    below = sample["operation"].partition(".")[2]
    return SCHEMAS.get(below) or SCHEMAS[below.partition(".")[0]]


def ordered(pairs: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Filter pairs in their order, which has a meaning, and the others sorted, since theirs has none."""
    filters = [pair for pair in pairs if pair[0].startswith("filters[")]
    return filters, sorted(pair for pair in pairs if pair not in filters)


def test_each_operation_has_its_sample_where_one_looks_for_it() -> None:
    wanted = {operation.id for operation in OPERATIONS if operation.provider != "crashgate"}

    assert {sample["operation"] for sample in SAMPLES} == wanted
    assert [path.relative_to(FOLDER).as_posix() for path in FILES] == [
        f"{sample['operation'].replace('.', '/')}.json" for sample in SAMPLES
    ]


@each
def test_the_request_of_a_sample_is_what_is_built_from_its_parameters(sample: dict[str, Any]) -> None:
    operation = BY_ID[sample["operation"]]
    request = encode(operation, params_of(sample), connection_for(operation), stamp=stamp_for(operation))
    address = urlsplit(request.url)
    wanted = json.loads(json.dumps(sample["request"]).replace("<version>", __version__))

    assert (request.method, address.netloc, address.path) == (
        wanted["method"],
        HOSTS[operation.provider],
        wanted["path"],
    )
    assert wanted.get("headers", {}).items() <= request.headers.items()
    assert ordered(parse_qsl(address.query, keep_blank_values=True)) == ordered(
        [(name, value) for name, value in wanted["query"]]
    )
    assert (None if request.body is None else json.loads(request.body)) == wanted["body"]


@pytest.mark.parametrize("sample", AS_THEY_ARE, ids=[sample["operation"] for sample in AS_THEY_ARE])
async def test_the_answer_of_a_sample_decodes_to_every_field_that_it_holds(sample: dict[str, Any]) -> None:
    given = sample["response"]
    page, _ = await answered(
        BY_ID[sample["operation"]],
        params_of(sample),
        status=given["status"],
        headers=given["headers"],
        body=given["body"],
    )

    empty = BY_ID[sample["operation"]].shape is Shape.EMPTY
    rows: list[dict[str, Any]] = [] if empty else expected(given["body"])
    assert dumped(page, rows) == rows
    assert page.total == (int(given["headers"]["X-Total-Count"]) if "X-Total-Count" in given["headers"] else None)
    assert (page.next_mark is not None, page.truncated) == ("Link" in given["headers"], False)


@pytest.mark.parametrize("sample", AS_ROWS, ids=[sample["operation"] for sample in AS_ROWS])
async def test_the_answer_of_a_sample_decodes_to_the_rows_that_are_told_with_it(sample: dict[str, Any]) -> None:
    given = sample["response"]
    page, _ = await answered(
        BY_ID[sample["operation"]],
        params_of(sample),
        status=given["status"],
        headers=given["headers"],
        body=given["body"],
    )

    assert dumped(page, sample["rows"]) == sample["rows"]
    assert (page.total, page.next_mark, page.previous_mark, page.truncated) == (
        sample["total"],
        sample["next"],
        None,
        False,
    )


@each_with_a_document
def test_the_answer_of_a_sample_has_documented_fields_only(sample: dict[str, Any], contracts: Path) -> None:
    schemas = json.loads((contracts / "bugsnag" / "shapes.json").read_text(encoding="utf-8"))["schemas"]
    rules = dict((schemas | PERFORMANCE_SCHEMAS)[schema_of(sample)])
    if schema_of(sample) == "EventApiView":
        rules |= schemas["ElasticSearchEventApiView"]
    for row in rows_of(sample["response"]["body"]):
        assert set(row) - set(rules) == set()
        assert {name for name, rule in rules.items() if rule["required"]} - set(row) == set()


@pytest.mark.parametrize("sample", BULK, ids=[sample["operation"] for sample in BULK])
def test_the_answer_for_several_errors_has_the_documented_fields_under_each_id(
    sample: dict[str, Any], contracts: Path
) -> None:
    shapes = json.loads((contracts / "bugsnag" / "shapes.json").read_text(encoding="utf-8"))
    documented = set(shapes["schemas"]["BulkUpdateErrors200Response515fb9337c1074f6fd000001"])
    for body in rows_of(sample["response"]["body"]):
        told = {name: value for name, value in body.items() if name != "operation"}

        # The document's list of answers lacks undiscard, which its list of requests has.
        assert body["operation"] in [*shapes["enums"]["BulkUpdateErrors200ResponseOperationEnum"], "undiscard"]
        assert set(told) == set(sample["params"]["error_ids"])
        assert [set(one) - documented for one in told.values()] == [set()] * len(told)
        assert read_row(BY_ID[sample["operation"]].result, body).told == told
