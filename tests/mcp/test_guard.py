"""Host and Origin, on by default (THREATS row 4)."""

from pathlib import Path

import pytest

from tests.mcp.face import Face, Headers, open_face

pytestmark = pytest.mark.threats(4)


async def test_a_right_request_is_answered(face: Face) -> None:
    # Without this every refusal below could have another cause.
    response = await face.post()

    assert (response.status_code, response.json()["result"]["isError"]) == (200, False)
    assert len(face.house.requests) == 2


@pytest.mark.ablation("a host that we are known by")
@pytest.mark.parametrize(
    "host",
    [
        "evil.com",
        "evil.com:80",
        "localhost.evil.com",
        "127.0.0.1.evil.com",
        "evil.com#@127.0.0.1",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost",
        "0.0.0.0",  # noqa: S104 - a host that nobody is known by
        "[::1]",
        "user@127.0.0.1",
        "",
    ],
)
async def test_another_host_is_refused(face: Face, host: str) -> None:
    # Guards: the first branch of GuardLayer.
    response = await face.post(more=[("Host", host)])

    assert response.status_code == 403
    assert response.json()["error"] == "This Host is not served."
    assert face.untouched


@pytest.mark.ablation("an origin that the operator named")
@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.com",
        "null",
        "http://localhost.evil.com",
        "http://127.0.0.1",
        "http://localhost",
        "https://app.example.com.evil.com",
        "",
        "*",
    ],
)
async def test_an_origin_that_nobody_allowed_is_refused(face: Face, origin: str) -> None:
    # Guards: the second branch of GuardLayer.
    response = await face.post(more=[("Origin", origin)])

    assert response.status_code == 403
    assert response.json()["error"] == "This Origin is not allowed."
    assert face.untouched


async def test_the_origin_of_the_very_host_that_was_asked_is_allowed(face: Face) -> None:
    for origin in (face.url, f"https://{face.own_host}", face.url.upper()):
        assert (await face.post(more=[("Origin", origin)])).status_code == 200


async def test_an_origin_that_nobody_allowed_is_refused_though_it_is_another_of_our_names(face: Face) -> None:
    # Guards: that it is the Host of this request, which the guard knows to be ours, and not any of our names.
    port = face.url.rpartition(":")[2]
    for origin in (f"http://localhost:{port}", f"http://[::1]:{port}", f"ftp://{face.own_host}", f"{face.url}/"):
        assert (await face.post(more=[("Origin", origin)])).status_code == 403
    assert face.untouched


async def test_an_origin_is_not_made_ours_by_a_host_that_says_the_same(face: Face) -> None:
    rebound: Headers = [("Host", "evil.com"), ("Origin", "http://evil.com")]

    assert (await face.post(more=rebound)).status_code == 403
    assert face.untouched


async def test_an_allowed_host_and_origin_are_served_exactly_as_written(tmp_path: Path) -> None:
    async with open_face(
        tmp_path, allowed_hosts=["gate.example.com"], allowed_origins=["https://app.example.com"]
    ) as face:
        right: Headers = [("Host", "gate.example.com"), ("Origin", "https://app.example.com")]
        assert (await face.post(more=right)).status_code == 200
        assert (await face.post(more=[("Host", "GATE.example.com"), right[1]])).status_code == 200
        for host in ("gate.example.com:8080", "gate.example.com.evil.com", "evil.gate.example.com"):
            assert (await face.post(more=[("Host", host)])).status_code == 403
        for origin in ("http://app.example.com", "https://app.example.com:8443", "https://x.app.example.com"):
            assert (await face.post(more=[("Origin", origin)])).status_code == 403


@pytest.mark.ablation("one origin at most")
async def test_two_origins_are_refused_even_if_one_is_allowed(tmp_path: Path) -> None:
    async with open_face(tmp_path, allowed_origins=["https://app.example.com"]) as face:
        both: Headers = [("Origin", "https://app.example.com"), ("Origin", "http://evil.com")]
        for headers in (both, both[::-1], [both[0], both[0]]):
            assert (await face.post(more=headers)).status_code == 403
        assert face.untouched


async def test_two_hosts_are_refused(face: Face) -> None:
    own = face.own_host
    right = list(face.headers().items())
    assert await face.raw([("Host", own), *right, ("Content-Length", "2")], b"[]") == 400
    for pair in ((own, "evil.com"), ("evil.com", own), (own, own)):
        assert await face.raw([*(("Host", host) for host in pair), *right]) == 400, pair
    assert await face.raw(right) == 400
    assert face.untouched


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "PUT", "PATCH", "HEAD"])
async def test_every_method_is_guarded(face: Face, method: str) -> None:
    response = await face.client.request(method, "/mcp", headers={"Origin": "http://evil.com"})

    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers


async def test_loopback_names_are_known_with_the_port(face: Face) -> None:
    port = face.url.rpartition(":")[2]
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", f"LOCALHOST:{port}"):
        assert (await face.post(more=[("Host", host)])).status_code == 200
