from pathlib import Path

import pytest

from crashgate.config.operating_settings import MetricsSettings
from crashgate.config.settings import load
from crashgate.errors import ConfigurationError


@pytest.mark.parametrize("address", ["9464", ":9464", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536"])
def test_a_place_for_metrics_that_is_no_address_and_port_is_refused_in_words(tmp_path: Path, address: str) -> None:
    file = tmp_path / "crashgate.toml"
    file.write_text(f'[metrics]\naddress = "{address}"\n', encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        load(config=file, options={}, environment={}, here=tmp_path)

    assert "metrics.address: has to be an address and a port, such as 127.0.0.1:9464" in str(caught.value)


def test_an_address_of_version_6_stands_in_brackets() -> None:
    assert MetricsSettings(address="[::1]:9464").place == ("::1", 9464)
