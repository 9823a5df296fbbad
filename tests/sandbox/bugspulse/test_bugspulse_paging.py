import pytest

from crashgate_sandbox.bugspulse.manners import Manners, OverLimit
from tests.sandbox.bugspulse.harness import Pulse, Start

PAGED = ("/export/sessions", "/export/crashes", "/export/network")


@pytest.mark.parametrize("path", PAGED)
async def test_pages_join_to_the_whole_list(path: str, pulse: Pulse) -> None:
    whole = await pulse.json(path, limit=1000)
    joined = await pulse.rows(path, limit=7)

    assert joined == whole["data"]
    assert len({row["id"] for row in joined}) == whole["total"]


@pytest.mark.parametrize("path", PAGED)
async def test_without_a_limit_a_page_has_100_rows(path: str, start: Start) -> None:
    async with start(sessions=250, crashes=250, network_logs=250) as pulse:
        first, last = await pulse.json(path), await pulse.json(path, page=3)

    assert [(page["page"], page["limit"], page["total"], page["pages"]) for page in (first, last)] == [
        (1, 100, 250, 3),
        (3, 100, 250, 3),
    ]
    assert (len(first["data"]), len(last["data"])) == (100, 50)


@pytest.mark.parametrize("path", PAGED)
async def test_an_empty_list_has_no_pages(path: str, start: Start) -> None:
    async with start(sessions=0, crashes=0, network_logs=0) as pulse:
        body = await pulse.json(path)

    assert body == {"data": [], "total": 0, "page": 1, "limit": 100, "pages": 0}


@pytest.mark.parametrize("page", [4, 10**14])
async def test_a_page_after_the_last_is_empty_and_knows_the_total(page: int, pulse: Pulse) -> None:
    body = await pulse.json("/export/sessions", page=page)

    assert body == {"data": [], "total": 240, "page": page, "limit": 100, "pages": 3}


@pytest.mark.parametrize("path", PAGED)
async def test_a_limit_over_1000_is_refused(path: str, pulse: Pulse) -> None:
    answer = await pulse.get(path, limit=1001)

    assert (answer.status_code, answer.json()) == (400, {"error": "limit must be at most 1000"})


async def test_a_limit_over_1000_can_be_cut_instead(start: Start) -> None:
    async with start(sessions=1500, manners=Manners(over_limit=OverLimit.CLAMP)) as pulse:
        body = await pulse.json("/export/sessions", limit=1001)

    assert (len(body["data"]), body["limit"], body["pages"]) == (1000, 1000, 2)


@pytest.mark.parametrize("name", ["page", "limit"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "", "ten", "٣", "9" * 5000])
async def test_what_is_no_whole_number_is_refused(name: str, value: str, pulse: Pulse) -> None:
    answer = await pulse.get("/export/sessions", **{name: value})

    assert (answer.status_code, answer.json()) == (400, {"error": f"{name} must be a whole number of at least 1"})


async def test_another_format_is_refused(pulse: Pulse) -> None:
    answer = await pulse.get("/export/sessions", format="xml")

    assert (answer.status_code, answer.json()) == (400, {"error": "format must be json or csv"})
