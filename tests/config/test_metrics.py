from pathlib import Path

import pytest

from crashgate.config.metrics import Metrics
from crashgate.config.operating_settings import MetricsSettings
from crashgate.config.settings import load
from crashgate.errors import ConfigurationError
from crashgate.model.provider import Budget
from crashgate.storage.freezes import FreezeFile
from crashgate.storage.policy_files import PolicyFiles
from crashgate.upstream.budget import Turns
from tests.house import EXAMPLES
from tests.policy.builders import VOCABULARY


@pytest.mark.parametrize("address", ["9464", ":9464", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536"])
def test_a_place_for_metrics_that_is_no_address_and_port_is_refused_in_words(tmp_path: Path, address: str) -> None:
    file = tmp_path / "crashgate.toml"
    file.write_text(f'[metrics]\naddress = "{address}"\n', encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        load(config=file, options={}, environment={}, here=tmp_path)

    assert "metrics.address: has to be an address and a port, such as 127.0.0.1:9464" in str(caught.value)


def test_an_address_of_version_6_stands_in_brackets() -> None:
    assert MetricsSettings(address="[::1]:9464").place == ("::1", 9464)


async def test_of_each_connection_with_a_budget_it_is_shown_what_is_left(tmp_path: Path) -> None:
    metrics = Metrics(("one", "two"))
    metrics.turns = {"one": Turns(Budget(requests=10)), "two": Turns(None)}
    metrics.show(PolicyFiles(folder=EXAMPLES, vocabulary=VOCABULARY), FreezeFile(tmp_path))
    async with metrics.turns["one"].turn("triage-agent", bulk=False, patience=1):
        found = {each.name: each.samples for each in metrics.registry.collect()}

    left, waiting = found["crashgate_upstream_budget_left"], found["crashgate_upstream_waiting"]
    assert [(each.labels, each.value) for each in left] == [({"connection": "one"}, 9)]
    assert [(each.labels, each.value) for each in waiting] == [({"connection": "one"}, 0), ({"connection": "two"}, 0)]
