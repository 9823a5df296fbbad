import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crashgate.errors import LogUnavailableError
from crashgate.storage.log_keys import load_key


@pytest.mark.threats(29)
def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    # Guards: the mode in log_key._make.
    folder = tmp_path / "state" / "log"
    key = load_key(folder)

    assert len(key) == 32
    assert load_key(folder) == key
    assert [(path.name, stat.S_IMODE(path.stat().st_mode)) for path in folder.iterdir()] == [("arguments.key", 0o600)]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_two_logs_do_not_share_a_key(tmp_path: Path) -> None:
    assert load_key(tmp_path / "a") != load_key(tmp_path / "b")


def test_processes_that_start_together_get_the_same_key(tmp_path: Path) -> None:
    # Guards: the link in log_key._make; a plain write would let one of them overwrite the other's.
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(load_key, [tmp_path] * 32))

    assert len(keys) == 1


@pytest.mark.ablation("a key that others may read")
@pytest.mark.threats(29)
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    load_key(tmp_path)
    (tmp_path / "arguments.key").chmod(mode)

    with pytest.raises(LogUnavailableError) as error:
        load_key(tmp_path)

    assert error.value.why == "Others than its owner may read the key."
    assert error.value.remedy == f"Run `chmod 600 {tmp_path / 'arguments.key'}`."


@pytest.mark.ablation("a key has its length")
@pytest.mark.parametrize("content", [b"", b"short", bytes(33)])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "arguments.key"
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(LogUnavailableError, match="does not hold a key"):
        load_key(tmp_path)


@pytest.mark.ablation("a link is no key")
def test_a_link_to_another_file_is_no_key(tmp_path: Path) -> None:
    # Guards: O_NOFOLLOW.
    load_key(tmp_path / "other")
    (tmp_path / "arguments.key").symlink_to(tmp_path / "other" / "arguments.key")

    with pytest.raises(LogUnavailableError, match="symbolic link"):
        load_key(tmp_path)
