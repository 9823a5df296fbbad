"""Whose a file is, and who else may touch it."""

import os
import stat

import pytest

from crashgate.ownership import is_anothers, is_anothers_state, others_may_read, others_may_write

US, ROOT, THEM = 1_000, 0, 1_001


@pytest.fixture(autouse=True)
def we_are_not_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: US)


def status(mode: int, owner: int = US) -> os.stat_result:
    """What the system says of a file with that mode and owner."""
    return os.stat_result((stat.S_IFREG | mode, 1, 1, 1, owner, owner, 0, 0, 0, 0))


@pytest.mark.threats(30, 32)
def test_a_file_is_ours_or_roots_or_anothers() -> None:
    assert [is_anothers(status(0o600, owner)) for owner in (US, ROOT, THEM)] == [False, False, True]


@pytest.mark.ablation("root takes no file of another user")
@pytest.mark.threats(30, 32)
def test_root_takes_its_own_files_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: ROOT)

    assert [is_anothers(status(0o600, owner)) for owner in (ROOT, THEM)] == [False, True]


def test_state_is_its_owners_and_root_may_use_it() -> None:
    assert [is_anothers_state(status(0o600, owner)) for owner in (US, ROOT, THEM)] == [False, True, True]


def test_root_may_use_anybodys_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: ROOT)

    assert [is_anothers_state(status(0o600, owner)) for owner in (ROOT, THEM)] == [False, False]


@pytest.mark.threats(30)
@pytest.mark.parametrize("owner", [US, ROOT])
def test_whoever_is_not_the_owner_may_write_by_two_bits(owner: int) -> None:
    may = [mode for mode in range(0o1000) if others_may_write(status(mode, owner))]

    assert may == [mode for mode in range(0o1000) if set("2367") & set(f"{mode:03o}"[1:])]


@pytest.mark.ablation("the group may read a secret of root's only")
@pytest.mark.threats(32)
def test_the_group_may_read_a_file_of_roots_only() -> None:
    assert [others_may_read(status(0o440, owner)) for owner in (US, ROOT)] == [True, False]
    assert [others_may_read(status(0o404, owner)) for owner in (US, ROOT)] == [True, True]
    assert [others_may_read(status(0o733, owner)) for owner in (US, ROOT)] == [False, False]
