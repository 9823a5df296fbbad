"""Rows from answers."""

import json
from typing import Any

import pytest

from crashgate.model.operation import AnyOperation
from crashgate.model.result import Page
from crashgate.providers.bugsnag.bulk_changes import FIX_ERRORS, ManyErrors
from crashgate.providers.bugsnag.error_changes import FIX_ERROR
from crashgate.providers.bugsnag.errors import DELETE_ERROR, Error
from crashgate.providers.bugsnag.pivots import LIST_PROJECT_PIVOTS, ListProjectPivots
from crashgate.providers.bugsnag.projects import GET_PROJECT, GetProject
from crashgate.providers.bugsnag.trends import GET_STABILITY_TREND, GetStabilityTrend
from tests.upstream.answers import ID, ONE, PERSON, errors, read


@pytest.mark.parametrize("count", [1, 500, 1_001])
def test_many_rows_and_many_parts_of_one_are_read_in_order_whatever_their_number(count: int) -> None:
    rows = [{"id": f"5f{number:020x}20", "events": number} for number in range(count)]
    points = [{"total_sessions_count": number} for number in range(count)]
    trend = read(
        GET_STABILITY_TREND,
        GetStabilityTrend(project_id="checkout-ios"),
        json.dumps({"timeline_points": points}).encode(),
    )

    assert [(row.id, row.events) for row in errors(json.dumps(rows).encode()).rows] == [
        (row["id"], row["events"]) for row in rows
    ]
    assert [point.total_sessions_count for point in trend.rows[0].timeline_points] == list(range(count))


def test_rows_of_a_list_are_read_with_the_total() -> None:
    assert errors(b'[{"id":"%s","events":3}]' % ID.encode(), headers={"x-total-count": "475"}) == Page(
        rows=(Error(id=ID, events=3),), total=475
    )


@pytest.mark.parametrize("header", ["", "many", "-1", "1e3", "٣", "1" * 16])
def test_a_total_that_is_no_number_is_no_total(header: str) -> None:
    assert errors(b"[]", headers={"x-total-count": header}).total is None


@pytest.mark.parametrize("operation", [FIX_ERROR, GET_STABILITY_TREND], ids=lambda operation: operation.id)
def test_an_answer_without_content_has_no_rows(operation: AnyOperation) -> None:
    params = ONE if operation is FIX_ERROR else GetStabilityTrend(project_id="checkout-ios")

    assert read(operation, params, b"", status=204) == Page(rows=())


def test_whatever_a_delete_answers_is_not_read() -> None:
    assert read(DELETE_ERROR, ONE, b"<html>gone</html>") == Page(rows=())


@pytest.mark.ablation("every answer is cleaned")
@pytest.mark.threats(25)
def test_every_string_and_every_key_of_an_answer_is_cleaned() -> None:
    (row,) = errors(
        json.dumps(
            [{"id": ID, "message": "\x1b[31mred\u202e", "grouping_fields": {"k\u200be\x07y": ["\U000e0041v\u0000"]}}]
        ).encode()
    ).rows

    assert row == Error(id=ID, message="[31mred", grouping_fields={"key": ["v"]})


@pytest.mark.threats(29)
def test_a_secret_with_an_invisible_letter_in_its_name_is_still_a_secret() -> None:
    content = json.dumps({"id": ID, "api\u200b_key": "canary-of-a-secret"}).encode()

    assert "canary" not in repr(read(GET_PROJECT, GetProject(project_id="checkout-ios"), content))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({}, {}),
        ({"operation": "fix"}, {}),
        ({"operation": "fix", ID: {"status": "fixed"}}, {ID: {"status": "fixed"}}),
        ({"operation": "fix", ID: None, PERSON: "fixed", "x": [1]}, {}),
        ({"operation": 7, ID: {}}, {ID: {}}),
    ],
)
def test_an_answer_about_several_errors_is_read_for_what_it_tells(answer: dict[str, Any], told: dict[str, Any]) -> None:
    several = ManyErrors(project_id="checkout-ios", error_ids=(ID, PERSON))
    page = read(FIX_ERRORS, several, json.dumps(answer).encode())

    assert [row.told for row in page.rows] == [told]


def test_the_counts_of_a_pivot_are_read_beside_its_summary_and_inside_it() -> None:
    # contracts/bugsnag/README.md: the document has them beside, answers seen in 2026 have them inside.
    counts = {"list": [{"value": "17", "events": 7}], "no_value": 1, "other": 2}
    beside, inside = (
        read(LIST_PROJECT_PIVOTS, ListProjectPivots(project_id=ID), json.dumps([row]).encode()).rows[0]
        for row in ({"name": "os", **counts}, {"name": "os", "summary": counts})
    )

    assert (beside.list, beside.no_value, beside.other) == (counts["list"], 1, 2)
    assert (inside.list, inside.no_value, inside.other) == (counts["list"], 1, 2)
