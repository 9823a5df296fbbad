"""Web pages as clients (CORS): those of the origins that the operator named, and no others (THREATS row 4)."""

from pathlib import Path

import pytest

from tests.mcp.face import Face, Headers, open_face

pytestmark = pytest.mark.threats(4)

PAGE = "https://app.example.com"
ASKED: Headers = [
    ("Origin", PAGE),
    ("Access-Control-Request-Method", "POST"),
    ("Access-Control-Request-Headers", "authorization, content-type, mcp-method, mcp-name, mcp-protocol-version"),
]


async def _preflight(face: Face, headers: Headers = ASKED) -> tuple[int, dict[str, str]]:
    """The status, and what the answer says about other origins."""
    answer = await face.client.request("OPTIONS", "/mcp", headers=list(headers))
    return answer.status_code, {name: value for name, value in answer.headers.items() if name.startswith("access-")}


async def test_a_page_of_a_named_origin_may_send_what_the_protocol_needs(tmp_path: Path) -> None:
    # A browser asks first, without a token.
    async with open_face(tmp_path, allowed_origins=[PAGE]) as face:
        status, told = await _preflight(face)
        for method in ("GET", "DELETE"):
            assert (await _preflight(face, [ASKED[0], ("Access-Control-Request-Method", method)]))[0] == 200
        noted = face.noted

    assert status == 200
    assert set(told.pop("access-control-allow-headers").lower().split(", ")) == {
        "accept", "accept-language", "authorization", "content-language", "content-type", "last-event-id",
        "mcp-method", "mcp-name", "mcp-protocol-version", "mcp-session-id",
    }  # fmt: skip
    assert told == {
        "access-control-allow-origin": PAGE,
        "access-control-allow-methods": "GET, POST, DELETE",
        "access-control-max-age": "600",
    }
    assert noted == []


async def test_a_page_of_a_named_origin_may_read_the_answer_and_a_refusal(tmp_path: Path) -> None:
    async with open_face(tmp_path, allowed_origins=[PAGE]) as face:
        answered = await face.post(more=[ASKED[0]])
        refused = await face.post(without=["Authorization"], more=[ASKED[0]])

    assert (answered.status_code, refused.status_code) == (200, 401)
    for each in (answered, refused):
        assert each.headers["access-control-allow-origin"] == PAGE
        assert each.headers["access-control-expose-headers"] == "Mcp-Session-Id, WWW-Authenticate"
        assert "origin" in each.headers["vary"].lower()
        assert "access-control-allow-credentials" not in each.headers


async def test_a_page_of_another_origin_may_not(tmp_path: Path) -> None:
    async with open_face(tmp_path, allowed_origins=[PAGE]) as face:
        for origin in ("http://evil.com", "null", "https://x.app.example.com", f"{PAGE}:8443"):
            assert await _preflight(face, [("Origin", origin), *ASKED[1:]]) == (403, {})
        both: Headers = [*ASKED, ("Origin", "http://evil.com")]
        assert await _preflight(face, both) == (403, {})


async def test_where_no_origin_is_named_a_preflight_needs_a_token_like_anything(face: Face) -> None:
    assert await _preflight(face, [("Origin", face.url), *ASKED[1:]]) == (401, {})
    assert await _preflight(face) == (403, {})
