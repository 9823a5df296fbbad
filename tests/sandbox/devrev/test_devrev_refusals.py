import pytest

from crashgate_sandbox.devrev.auth import DEACTIVATED_TOKEN
from crashgate_sandbox.devrev.service import MOST_BYTES, Outage
from tests.sandbox.devrev.harness import CHECKOUT, DATA, DEVELOPER_INFO, GET, LIST, Running, Start

WHOLE: dict[str, dict[str, object]] = {
    GET: {"session_id": "s", **CHECKOUT},
    LIST: {"type": "mobile", **CHECKOUT},
    DATA: {"session_id": "s", "version_key": "com.acme.checkout", "recording_id": "r"},
    DEVELOPER_INFO: {"session_id": "s", "version_key": "com.acme.checkout", "tab_id": "t"},
}


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, whole in WHOLE.items() for name in whole])
async def test_a_post_without_a_required_field_is_told_which(devrev: Running, path: str, name: str) -> None:
    given = {key: value for key, value in WHOLE[path].items() if key != name}
    answer = await devrev.post(path, **given)

    assert answer.status_code == 400
    assert answer.json() == {
        "message": f"{name} is required",
        "type": "missing_required_field",
        "field_name": name,
    }


@pytest.mark.parametrize(
    ("path", "name"), [(GET, "platform"), (GET, "session_id"), (GET, "version_key"), (LIST, "platform")]
)
async def test_a_get_without_a_required_field_is_told_which(devrev: Running, path: str, name: str) -> None:
    given = {"session_id": "s", **CHECKOUT} if path == GET else CHECKOUT
    answer = await devrev.get(path, **{key: value for key, value in given.items() if key != name})

    assert (answer.status_code, answer.json()["type"], answer.json()["field_name"]) == (
        400,
        "missing_required_field",
        name,
    )


@pytest.mark.parametrize("path", WHOLE)
async def test_a_field_that_no_route_has_is_refused_everywhere(devrev: Running, path: str) -> None:
    answer = await devrev.post(path, **WHOLE[path], surprise=1)

    assert (answer.status_code, answer.json()["type"], answer.json()["field_name"]) == (
        400,
        "invalid_field",
        "surprise",
    )


async def test_a_platform_that_is_none_is_refused(devrev: Running) -> None:
    got = await devrev.get(GET, platform="tv", session_id="s", version_key="acme-web")
    posted = await devrev.post(GET, platform="tv", session_id="s", version_key="acme-web")

    assert got.status_code == posted.status_code == 400
    assert got.json() == posted.json()
    assert (got.json()["type"], got.json()["field_name"]) == ("invalid_enum_value", "platform")


async def test_a_field_given_twice_is_refused(devrev: Running) -> None:
    answer = await devrev.client.get(f"{LIST}?platform=web&platform=ios&version_key=acme-web")

    assert (answer.status_code, answer.json()["type"]) == (400, "bad_request")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000], ids=["empty", "cut", "not UTF-8", "deep"])
async def test_a_body_that_is_not_json_is_a_parse_error(devrev: Running, body: bytes) -> None:
    answer = await devrev.client.post(GET, content=body)

    assert answer.status_code == 400
    assert answer.json() == {"message": "The body is not JSON", "type": "parse_error"}


async def test_a_body_that_is_not_an_object_has_the_wrong_type(devrev: Running) -> None:
    answer = await devrev.client.post(GET, content=b"[]")

    assert (answer.status_code, answer.json()["type"]) == (400, "unexpected_json_type")


async def test_half_a_surrogate_pair_is_refused_like_any_other_field(devrev: Running) -> None:
    answer = await devrev.client.post(GET, content=b'{"\\ud800": 1}')

    assert (answer.status_code, answer.json()["field_name"]) == (400, "?")


async def test_a_body_that_is_too_large_is_told_how_large_it_may_be(devrev: Running) -> None:
    answer = await devrev.client.post(LIST, content=b" " * (MOST_BYTES + 1))

    assert answer.status_code == 413
    assert answer.json() == {
        "message": f"The body is larger than {MOST_BYTES} bytes",
        "type": "request_entity_too_large",
        "max_bytes": MOST_BYTES,
    }


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "token sandbox-pat", "sandbox-pat"])
async def test_a_request_without_the_token_is_unauthenticated(devrev: Running, header: str) -> None:
    answer = await devrev.client.get(LIST, params=CHECKOUT, headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.json() == {"message": "The token is missing, expired or invalid", "type": "unauthenticated"}


async def test_a_deactivated_organization_says_so(devrev: Running) -> None:
    answer = await devrev.client.get(LIST, params=CHECKOUT, headers={"Authorization": f"Bearer {DEACTIVATED_TOKEN}"})

    assert (answer.status_code, answer.json()["type"]) == (401, "dev_org_deactivated")


async def test_any_token_will_do_where_none_is_set_but_there_must_be_one(starting: Start) -> None:
    async with starting(token=None) as devrev:
        some = await devrev.get(LIST, **CHECKOUT)
        none = await devrev.client.get(LIST, params=CHECKOUT, headers={"Authorization": ""})

    assert (some.status_code, none.status_code) == (200, 401)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/observability.sessions.export"),
        ("GET", "/"),
        ("GET", DATA),
        ("GET", DEVELOPER_INFO),
        ("DELETE", GET),
        ("GET", f"{GET}/"),
    ],
)
async def test_the_gateway_knows_no_other_route_and_its_answer_has_no_type(
    devrev: Running, method: str, path: str
) -> None:
    answer = await devrev.client.request(method, path)

    assert (answer.status_code, answer.json()) == (404, {"message": "route not found"})


async def test_an_outage_answers_with_its_own_type_until_the_reset(devrev: Running) -> None:
    devrev.service.outage = Outage.INTERNAL_ERROR
    internal = await devrev.get(LIST, **CHECKOUT)
    devrev.service.outage = Outage.SERVICE_UNAVAILABLE
    unavailable = await devrev.get(LIST, **CHECKOUT)
    devrev.service.reset()
    after = await devrev.get(LIST, **CHECKOUT)

    assert (internal.status_code, internal.json()) == (
        500,
        {"message": "Internal error", "type": "internal_error", "reference_id": "sandbox-reference-1"},
    )
    assert (unavailable.status_code, unavailable.json()) == (
        503,
        {"message": "Service unavailable", "type": "service_unavailable"},
    )
    assert after.status_code == 200


async def test_it_answers_below_a_prefix(starting: Start) -> None:
    async with starting(prefix="/devrev") as devrev:
        listed = await devrev.client.get("/observability.sessions.list", params=CHECKOUT)
        nothing = await devrev.client.get("/observability.sessions.lists", params=CHECKOUT)

    assert (listed.status_code, len(listed.json()["sessions"])) == (200, 50)
    assert (nothing.status_code, nothing.json()) == (404, {"message": "route not found"})
