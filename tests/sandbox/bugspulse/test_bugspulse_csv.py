import json
from typing import Any

import pytest

from tests.sandbox.bugspulse.harness import Pulse, Start

EXAMPLE = "sess_1780000000_abc123"
EXPORTS: dict[str, dict[str, object]] = {
    "/export/sessions": {"limit": 1000},
    "/export/crashes": {"limit": 1000},
    "/export/network": {"limit": 1000},
    "/export/events": {"sessionId": EXAMPLE},
}


def cell(value: Any) -> str:  # noqa: ANN401 - a JSON value
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("path", EXPORTS)
async def test_csv_equals_json_row_for_row(path: str, start: Start) -> None:
    async with start(sessions=1000, crashes=300, network_logs=1000) as pulse:
        body = await pulse.json(path, **EXPORTS[path])
        header, *lines = await pulse.cells(path, **EXPORTS[path])

    assert header == list(body["data"][0])
    assert lines == [[cell(value) for value in row.values()] for row in body["data"]]


@pytest.mark.parametrize("path", EXPORTS)
async def test_csv_is_a_file_to_download(path: str, pulse: Pulse) -> None:
    answer = await pulse.get(path, format="csv", **EXPORTS[path])

    name = path.rpartition("/")[2]
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
    assert answer.content.endswith(b"\r\n")


async def test_json_is_no_file_to_download(pulse: Pulse) -> None:
    answer = await pulse.get("/export/sessions")

    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert "content-disposition" not in answer.headers


async def test_csv_is_paged_as_json_is(pulse: Pulse) -> None:
    whole = await pulse.cells("/export/sessions", limit=1000)
    pages = [await pulse.cells("/export/sessions", limit=100, page=page) for page in (1, 2, 3, 4)]

    assert [len(page) - 1 for page in pages] == [100, 100, 40, 0]
    assert [line for page in pages for line in page[1:]] == whole[1:]


async def test_an_ingested_session_is_in_the_csv_too(pulse: Pulse) -> None:
    session = {"sessionId": 'a,"b"\n=c', "startedAt": 1_900_000_000_000, "device": {"platform": "macos"}}
    await pulse.ingest("/ingest/session", session)
    body = await pulse.json("/export/sessions", limit=1)

    assert (await pulse.cells("/export/sessions", limit=1))[1] == [cell(one) for one in body["data"][0].values()]
