"""One value that is not of the documented kind costs itself, and neither its row nor the page (the whole catalogue)."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crashgate.errors import UpstreamError
from crashgate.model.field_table import declared_fields
from crashgate.model.message import Response
from crashgate.model.operation import AnyOperation, Shape
from crashgate.model.result import Page
from crashgate.providers.bugsnag.errors import GET_ERROR, GetError
from crashgate.providers.bugsnag.events import GET_EVENT, ViewEvent
from crashgate.sanitise import DEEPEST
from crashgate.upstream.codec import decode, encode
from tests.catalogue import BY_ID
from tests.examples import examples
from tests.rows import dump, rows_key, sources
from tests.upstream.answers import ID, read
from tests.upstream.exchanges import connection_for, stamp_for
from tests.upstream.test_samples import SAMPLES, params_of

Path = tuple[str | int, ...]
DEEP = json.loads("[" * 300 + "]" * 300)
_VALUES: list[object] = [
    404,
    3.5,
    -1,
    10**30,
    True,
    float("inf"),
    float("nan"),
    None,
    "",
    "text",
    "\ud800",
    [],
    {},
    [5],
    DEEP,
]
ODD = st.sampled_from(_VALUES)
ANY_JSON = st.recursive(
    ODD | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=5,
)
WITH_ROWS = [
    sample
    for sample in SAMPLES
    if BY_ID[sample["operation"]].shape is not Shape.EMPTY
    and sample["response"]["body"] is not None
    # What became of a trace that was sent is told exactly, or not at all.
    and sample["operation"] != "browserstack.sessions.create"
]


def places(node: object, here: Path = ()) -> Iterator[Path]:
    """Where there is a value in a row, inside of lists and objects too."""
    if isinstance(node, dict):
        pairs: list[tuple[str | int, object]] = list(cast("dict[str | int, object]", node).items())
    else:
        pairs = list(enumerate(cast("list[object]", node))) if isinstance(node, list) else []
    for name, value in pairs:
        yield (*here, name)
        yield from places(value, (*here, name))


def put(row: Any, path: Path, value: object) -> Any:  # noqa: ANN401 - JSON
    changed = deepcopy(row)
    at = changed
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    return changed


def answer(operation: AnyOperation, sample: dict[str, Any], rows: list[Any]) -> Page[Any]:
    """What is read of the sample's answer with these rows in it."""
    key, body = rows_key(operation), sample["response"]["body"]
    inside = rows if operation.shape is Shape.MANY else rows[0]
    document = inside if key is None else {**body, key: inside}
    connection = connection_for(operation)
    request = encode(operation, params_of(sample), connection, stamp=stamp_for(operation))
    response = Response(status=sample["response"]["status"], headers={}, body=json.dumps(document).encode())
    return decode(operation, request, response, connection)


def rows_in(operation: AnyOperation, sample: dict[str, Any]) -> list[Any]:
    """Two rows at least where there can be more than one."""
    key, body = rows_key(operation), sample["response"]["body"]
    rows = body if key is None else body[key]
    return [rows[0], *rows] if operation.shape is Shape.MANY else [rows]


def needed(operation: AnyOperation) -> set[str]:
    """The names of the fields without which a row is not usable."""
    fields = declared_fields(operation.result)
    return {sources(operation.result)[each.name][0] for each in fields if each.required}


@pytest.mark.ablation("an odd value costs itself and not its row")
@pytest.mark.threats(24)
@pytest.mark.parametrize("sample", WITH_ROWS, ids=[sample["operation"] for sample in WITH_ROWS])
@settings(max_examples=examples(0.4))
@given(data=st.data(), value=ANY_JSON)
def test_an_odd_value_in_a_row_costs_no_other_row_and_only_an_id_its_own(
    sample: dict[str, Any], data: st.DataObject, value: object
) -> None:
    operation = BY_ID[sample["operation"]]
    rows = rows_in(operation, sample)
    whole = answer(operation, sample, rows)
    path = data.draw(st.sampled_from([*places(rows[0])]))
    changed = [put(rows[0], path, value), *rows[1:]]

    if path[0] in needed(operation) and len(path) == 1:
        try:
            page = answer(operation, sample, changed)
        except UpstreamError:
            assert len(rows) == 1
            return
        assert len(page.rows) + page.unusable == len(rows)
    else:
        page = answer(operation, sample, changed)
        assert (len(page.rows), page.unusable) == (len(rows), 0)
    assert page.rows[len(page.rows) - len(rows) + 1 :] == whole.rows[1:]
    assert json.dumps(dump(page.rows), allow_nan=False)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
@example(404)
def test_a_number_where_text_belongs_is_read_as_text(number: float) -> None:
    event = {"id": ID, "context": number, "message": number, "exceptions": [{"message": number, "stacktrace": None}]}
    (row,) = read(GET_EVENT, ViewEvent(project_id="checkout-ios", event_id=ID), json.dumps(event).encode()).rows

    texts = [row.context, row.message, row.exceptions[0].message]
    assert [float(text) for text in texts] == [float(number)] * 3


@pytest.mark.threats(29)
@pytest.mark.parametrize("value", [{"email": "canary@example.com"}, [{"email": "canary@example.com"}], True])
def test_an_object_or_a_list_where_text_belongs_never_becomes_text(value: object) -> None:
    event = {"id": ID, "context": value, "exceptions": [{"message": value, "stacktrace": [{"code": {"1": value}}]}]}
    (row,) = read(GET_EVENT, ViewEvent(project_id="checkout-ios", event_id=ID), json.dumps(event).encode()).rows

    (frame,) = row.exceptions[0].stacktrace
    assert (row.context, row.exceptions[0].message, frame.code) == (None, None, {})


@pytest.mark.parametrize(
    "number", ["1e999", "-1e999", "NaN", "1" + "0" * 30, "1" * 5_000, '"\\ud800"', "[" * 150 + "]" * 150]
)
def test_no_value_loses_the_document(number: str) -> None:
    content = f'{{"id":"{ID}","events":{number},"users":2,"trend":{number}}}'.encode()
    (row,) = read(GET_ERROR, GetError(project_id="checkout-ios", error_id=ID), content).rows

    assert (row.events, row.users) == (None, 2)
    assert json.dumps(row.trend).count("[") <= DEEPEST
