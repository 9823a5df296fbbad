"""Identical reads in flight: asked for once, and whoever gives up takes nobody else along. In virtual time."""

import anyio
import pytest

from crashgate.errors import Code, UpstreamError
from crashgate.model.message import Request, Response
from crashgate.upstream.shared_reads import SharedReads
from tests.upstream.virtual_time import run

ANSWER = Response(status=200, headers={}, body=b"[]")


def request(path: str = "/a", body: bytes | None = None) -> Request:
    return Request(method="GET", url=f"https://host{path}", headers={}, body=body, repeatable=True)


class Upstream:
    """Answers after a second, or fails; counts what it was asked."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.asked = 0
        self._problem = problem

    async def send(self) -> Response:
        self.asked += 1
        await anyio.sleep(1.0)
        if self._problem is not None:
            raise self._problem
        return ANSWER


async def _together(upstream: Upstream, *requests: Request) -> list[tuple[Response, bool] | Exception]:
    shared_reads, seen = SharedReads(), list[tuple[Response, bool] | Exception]()

    async def ask(one: Request) -> None:
        try:
            seen.append(await shared_reads.share(one, upstream.send))
        except UpstreamError as problem:
            seen.append(problem)

    async with anyio.create_task_group() as group:
        for one in requests:
            group.start_soon(ask, one)
    return seen


def test_a_hundred_who_ask_the_same_are_one_request() -> None:
    upstream = Upstream()
    seen = run(_together(upstream, *[request()] * 100))

    assert upstream.asked == 1
    assert sorted(str(each) for each in seen) == sorted(str((ANSWER, shared)) for shared in [False, *[True] * 99])


@pytest.mark.parametrize("other", [request("/b"), request(body=b"{}")])
def test_who_asks_for_something_else_is_a_request_of_its_own(other: Request) -> None:
    upstream = Upstream()
    run(_together(upstream, request(), other))

    assert upstream.asked == 2


def test_an_answer_is_not_kept_for_who_asks_afterwards() -> None:
    async def main() -> int:
        shared_reads, upstream = SharedReads(), Upstream()
        await shared_reads.share(request(), upstream.send)
        await shared_reads.share(request(), upstream.send)
        return upstream.asked

    assert run(main()) == 2


def test_a_failure_is_told_to_all_with_its_own_error() -> None:
    problem = UpstreamError("It failed.", code=Code.UPSTREAM_UNAVAILABLE, status=503, retry_after=2.0)
    upstream = Upstream(problem)
    seen = run(_together(upstream, *[request()] * 3))

    assert upstream.asked == 1
    assert [(type(each), str(each), vars(each)) for each in seen] == [(UpstreamError, str(problem), vars(problem))] * 3
    assert len({id(each) for each in seen}) == 3


def test_when_the_one_who_asked_gives_up_the_next_one_asks() -> None:
    async def main() -> tuple[int, bool]:
        shared_reads, upstream = SharedReads(), Upstream()
        found: list[bool] = []

        async def hurried() -> None:
            with anyio.move_on_after(0.5):
                await shared_reads.share(request(), upstream.send)

        async def patient() -> None:
            found.append((await shared_reads.share(request(), upstream.send))[1])

        async with anyio.create_task_group() as group:
            group.start_soon(hurried)
            await anyio.lowlevel.checkpoint()
            group.start_soon(patient)
        return upstream.asked, found[0]

    assert run(main()) == (2, False)
