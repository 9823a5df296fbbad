from pathlib import Path

import pytest

from crashgate.config.settings import load
from crashgate.errors import ConfigurationError


@pytest.mark.parametrize("address", ["proxy.example.com", "10.0.0.0/33", "10.0.0.7/8", "", "10.0.0"])
def test_a_proxy_that_is_no_address_is_refused_in_words(tmp_path: Path, address: str) -> None:
    file = tmp_path / "crashgate.toml"
    file.write_text(f'[http]\ntrusted_proxies = ["10.0.0.7", "{address}"]\n', encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        load(config=file, options={}, environment={}, here=tmp_path)

    told = str(caught.value)
    assert "http.trusted_proxies.1: has to be an IP address, or a network with no host bits set: 10.0.0.7" in told
