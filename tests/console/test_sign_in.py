import pytest

from tests.console.conftest import HOST, ORIGIN, Console

PAGES = ("overview", "activity", "record", "access", "cell", "approvals")


@pytest.mark.threats(62)
@pytest.mark.ablation("nobody sees a page without a session")
@pytest.mark.parametrize("page", [*PAGES, *(f"{name}.json" for name in PAGES), "activity.csv", "activity.jsonl"])
async def test_nobody_sees_a_page_without_signing_in(console: Console, page: str) -> None:
    answer = await console.client.get(f"/{page}")

    assert answer.status_code == 401
    assert "You are not signed in" in answer.text


@pytest.mark.threats(62)
@pytest.mark.ablation("a link is good once and for a short time")
async def test_the_link_works_once(console: Console) -> None:
    first = await console.enter()
    console.client.cookies.clear()
    second = await console.enter()

    assert (first.status_code, second.status_code) == (303, 403)
    assert (await console.client.get("/overview")).status_code == 401


@pytest.mark.threats(62)
async def test_looking_at_the_link_uses_nothing_up(console: Console) -> None:
    looked = await console.client.get("/sign-in", params={"key": console.sign_in.link_key})
    entered = await console.enter()

    assert (looked.status_code, "set-cookie" in looked.headers, entered.status_code) == (200, False, 303)


@pytest.mark.threats(62)
async def test_after_twenty_wrong_keys_the_link_works_no_more(console: Console) -> None:
    for _ in range(20):
        assert (await console.send("/sign-in", key="x")).status_code == 403

    assert (await console.enter()).status_code == 403


@pytest.mark.threats(62)
async def test_a_cookie_that_somebody_else_chose_is_nobodys(console: Console) -> None:
    console.client.cookies.set("crashgate-console-8322", "chosen", domain="127.0.0.1")
    before = await console.client.get("/overview")
    console.client.cookies.clear()
    cookie = (await console.enter()).headers["set-cookie"]

    assert before.status_code == 401
    assert "chosen" not in cookie
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {"httponly", "path=/", "samesite=strict"}


@pytest.mark.threats(60)
@pytest.mark.ablation("a form is of the session")
async def test_a_form_of_another_session_is_refused(console: Console) -> None:
    await console.enter()
    answer = await console.send("/approvals/request-1", answer="yes", form_key="chosen")

    assert (answer.status_code, "not of this session" in answer.text) == (403, True)


@pytest.mark.threats(60)
@pytest.mark.ablation("a change comes from a page of the console")
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9", f"https://{HOST}"])
async def test_a_page_of_another_origin_changes_nothing(console: Console, origin: str) -> None:
    answer = await console.send("/sign-in", origin=origin, key=console.sign_in.link_key)

    assert answer.status_code == 403
    assert (await console.enter()).status_code == 303


@pytest.mark.threats(60)
@pytest.mark.ablation("the console answers under its own host only")
async def test_the_console_answers_under_its_own_host_only(console: Console) -> None:
    await console.enter()
    answer = await console.client.get("/overview", headers={"Host": "evil.example"})

    assert (answer.status_code, answer.text) == (403, f"This console is at {ORIGIN}/ only.")


@pytest.mark.threats(60)
@pytest.mark.ablation("a form is so large and no larger")
async def test_a_large_form_is_not_read(console: Console) -> None:
    assert (await console.send("/sign-in", key="x" * 5_000)).status_code == 413


@pytest.mark.threats(61)
@pytest.mark.parametrize("path", ["/sign-in", "/overview", "/console.css", "/nowhere"])
async def test_every_answer_forbids_scripts_frames_and_other_origins(console: Console, path: str) -> None:
    headers = (await console.client.get(path)).headers

    assert headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    assert (headers["x-frame-options"], headers["cache-control"]) == ("DENY", "no-store")


async def test_signing_out_ends_the_session(console: Console) -> None:
    await console.enter()
    cookies = dict(console.client.cookies)
    await console.send("/sign-out", form_key=await console.form_key())
    console.client.cookies.update(cookies)

    assert (await console.client.get("/overview")).status_code == 401
