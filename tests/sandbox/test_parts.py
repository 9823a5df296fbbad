"""A plug-in's part of the sandbox: found by its entry point, mounted, and a connection like ours."""

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from crashgate.clock import Clock
from crashgate.config.connections import Sandbox
from crashgate.errors import ConfigurationError
from crashgate_sandbox.app import create_app
from crashgate_sandbox.parts import GROUP, Part, installed_parts
from crashgate_sandbox.world.world import World
from tests.held_clock import NOW


class _Echo:
    """A service that answers with what it was asked."""

    def answer(self, request: Request, body: bytes) -> Response:
        return JSONResponse({"path": request.scope["path"], "body": body.decode()})

    def reset(self) -> None:
        pass


def _open(world: World, clock: Clock, limits: int | None) -> _Echo:
    del world, clock, limits
    return _Echo()


ECHO = Part(provider="echo", prefix="/echo", credential="echo-token", open=_open)
NO_PART = "a string"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where a package is installed whose entry points a test writes."""
    (tmp_path / "echo-1.0.dist-info").mkdir()
    (tmp_path / "echo-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: echo\nVersion: 1.0\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    installed_parts.cache_clear()
    yield tmp_path
    installed_parts.cache_clear()


def _install(site: Path, value: str) -> None:
    text = f"[{GROUP}]\necho = {__name__}:{value}\n"
    (site / "echo-1.0.dist-info" / "entry_points.txt").write_text(text)


async def test_a_part_that_another_package_brings_is_served_beside_ours(site: Path) -> None:
    _install(site, "ECHO")

    app = create_app(World(now=NOW))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost") as client:
        echoed = await client.post("/echo/things", content="hello")
        ours = await client.get("/")

    assert echoed.json() == {"path": "/echo/things", "body": "hello"}
    assert ours.json() == {"organizations_url": "http://localhost/user/organizations"}
    assert Sandbox(app=app).credential("echo").get_secret_value() == "echo-token"


def test_an_entry_point_that_is_no_part_is_named(site: Path) -> None:
    _install(site, "NO_PART")

    with pytest.raises(ConfigurationError, match=r"^echo \(.*:NO_PART\) is not a part of the sandbox"):
        installed_parts()


def test_each_part_has_a_prefix_of_its_own() -> None:
    parts = installed_parts()

    assert len({part.prefix for part in parts}) == len({part.provider for part in parts}) == len(parts) == 5
