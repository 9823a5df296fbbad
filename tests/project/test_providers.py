"""A provider has all that belongs to one; CONTRIBUTING.md says where each is."""

from pathlib import Path
from typing import Any, cast

import pytest

from crashgate.config.connections import Sandbox
from tests.catalogue import OPERATIONS, PROVIDERS, UPSTREAMS
from tests.system.samples import SAMPLES
from tests.upstream.exchanges import CONNECTIONS


@pytest.mark.parametrize("provider", UPSTREAMS)
def test_each_provider_has_its_files(root: Path, provider: str) -> None:
    module = provider.replace("-", "_")
    files = [
        f"src/crashgate/providers/{module}/__init__.py",
        f"src/crashgate_sandbox/{module}/service.py",
        f"src/crashgate/providers/{module}/wire.py",
        f"docs/upstreams/{provider}.md",
        f"tests/samples/{provider}",
    ]

    assert [name for name in files if not (root / name).exists()] == []


def test_each_provider_stands_wherever_providers_are_told_apart() -> None:
    sandbox = Sandbox(app=cast("Any", None), limited=False)

    assert {PROVIDERS[name].title for name in UPSTREAMS} & set(UPSTREAMS) == set()
    assert {name for name in UPSTREAMS if PROVIDERS[name].default_url.startswith("https://")} == set(UPSTREAMS)
    assert set(CONNECTIONS) == set(UPSTREAMS)
    assert {each.provider for each in sandbox.connections.values()} == set(UPSTREAMS)
    assert {each.provider for each in OPERATIONS if each.id in SAMPLES} == set(PROVIDERS)
