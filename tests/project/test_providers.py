"""A provider has all that belongs to one; CONTRIBUTING.md says where each is."""

from pathlib import Path
from typing import Any, cast

import pytest

from crashgate.config import wiring
from crashgate.config.settings import DEFAULT_URLS
from crashgate.model.provider import Provider
from crashgate.providers.registry import OPERATIONS
from tests.system.samples import SAMPLES
from tests.upstream.exchanges import CONNECTIONS

PROVIDERS = [each for each in Provider if each is not Provider.CRASHGATE]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_provider_has_its_files(root: Path, provider: Provider) -> None:
    module = provider.value.replace("-", "_")
    files = [
        f"src/crashgate/providers/{module}/__init__.py",
        f"src/crashgate_sandbox/{module}/service.py",
        f"src/crashgate/upstream/{module}.py",
        f"docs/upstreams/{provider.value}.md",
        f"tests/samples/{provider.value}",
    ]

    assert [name for name in files if not (root / name).exists()] == []


def test_each_provider_stands_wherever_providers_are_told_apart() -> None:
    sandbox = wiring.Sandbox(app=cast("Any", None), limited=False)

    assert {provider.spoken for provider in PROVIDERS} & {provider.value for provider in PROVIDERS} == set()
    assert {provider for provider in PROVIDERS if DEFAULT_URLS[provider].startswith("https://")} == set(PROVIDERS)
    assert set(CONNECTIONS) == set(PROVIDERS)
    assert {each.provider for each in sandbox.connections.values()} == set(PROVIDERS)
    assert {each.provider for each in OPERATIONS if each.id in SAMPLES} == set(Provider)
