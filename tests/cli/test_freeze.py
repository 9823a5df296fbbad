"""``crashgate freeze`` and ``unfreeze``: what they store, record and say, and that servers obey."""

from pathlib import Path

import pytest

from crashgate.audit.checkpoint import FreezeRecord
from crashgate.config import wiring
from crashgate.config.narrowing import Served
from crashgate.errors import ConfigurationError
from crashgate.policy.serving import ALL, EVERYBODY, Freeze, Serving
from crashgate.storage.freezes import FILE, FreezeFile
from tests.cli.calls import settings
from tests.cli.shell import Shell


def looked(state: Path) -> dict[str, Freeze]:
    freezes = FreezeFile(state)
    freezes.look()
    return dict(freezes.current())


def test_a_freeze_and_its_end_are_stored_recorded_and_said(crashgate: Shell, policies: Path, state: Path) -> None:
    told = [crashgate("freeze", "triage-agent", "--writes"), crashgate("freeze")]
    frozen = looked(state)
    told += [crashgate("unfreeze"), crashgate("unfreeze", "triage-agent")]
    records = [each.record for each in wiring.log_reader(settings(policies=policies, state=state)).records()]
    user = wiring.operator()

    assert frozen == {"triage-agent": Freeze.WRITES, EVERYBODY: Freeze.ALL}
    assert looked(state) == {}
    assert [each.code for each in told] == [0, 0, 0, 0]
    assert [each.sentence for each in records] == [each.out.strip() for each in told]
    assert [(each.agent, each.what, each.by) for each in records if isinstance(each, FreezeRecord)] == [
        ("triage-agent", "writes", user),
        ("", "all", user),
        ("", "nothing", user),
        ("triage-agent", "nothing", user),
    ]
    assert records[0].sentence == f"{user} froze every change by the agent triage-agent."
    assert "To end it: crashgate unfreeze triage-agent" in told[0].err


def test_an_agent_that_there_is_not_is_told(crashgate: Shell, policies: Path, state: Path) -> None:
    del policies
    frozen, ended = crashgate("freeze", "triage-agnt"), crashgate("unfreeze", "triage-agent")

    assert 0 not in (frozen.code, ended.code)
    assert "triage-agent" in frozen.err
    assert "Frozen: nothing." in ended.err
    assert not (state / FILE).exists()


async def test_a_server_obeys_at_its_next_look_and_judges_anew_what_is_under_way(policies: Path, state: Path) -> None:
    files = wiring.policies(settings(policies=policies, state=state))
    freezes = FreezeFile(state)
    served = Served(files, ALL, freezes)
    before = served.current()["triage-agent"]
    FreezeFile(state).freeze("triage-agent", Freeze.ALL)

    assert freezes.look()
    after, others = served.current()["triage-agent"], served.current()["operator"]

    assert (before.serving, after.serving, others.serving) == (ALL, Serving(freeze=Freeze.ALL), ALL)
    assert before.hash != after.hash
    assert not freezes.look()
    assert served.current()["triage-agent"] is after


@pytest.mark.ablation("a file of freezes that cannot be trusted freezes everybody")
@pytest.mark.parametrize("damage", ["body", "mode"])
def test_a_broken_file_freezes_everybody(state: Path, damage: str) -> None:
    FreezeFile(state).freeze("triage-agent", Freeze.WRITES)
    if damage == "body":
        (state / FILE).write_text("[", encoding="utf-8")
    else:
        (state / FILE).chmod(0o666)

    assert looked(state) == {EVERYBODY: Freeze.ALL}


@pytest.mark.ablation("a freeze ends only when its end is recorded")
def test_a_freeze_goes_on_where_its_end_cannot_be_recorded(
    crashgate: Shell, policies: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del policies
    crashgate("freeze")
    log = state / "log"
    monkeypatch.setattr("crashgate.config.wiring.log_keeper", _no_log)

    assert crashgate("unfreeze").code != 0
    assert log.is_dir()
    assert looked(state) == {EVERYBODY: Freeze.ALL}


def _no_log(_: object) -> object:
    raise ConfigurationError("The log cannot be opened.", remedy="This test says so.")
