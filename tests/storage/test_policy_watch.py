"""Policies that change while we serve: after a mistake the last good ones stay (THREATS rows 30 and 31)."""

import asyncio
import logging
import os
import signal
from pathlib import Path

import pytest

from crashgate.model.scope import PROJECT
from crashgate.policy.policy import Vocabulary
from crashgate.storage.policy_files import PolicyFiles, PolicyWatch, watching
from tests.catalogue import CATALOGUE

VOCABULARY = Vocabulary(catalogue=CATALOGUE, connections={"bugsnag": {"error": PROJECT}})


def document(agent: str, about: str = "Reads.", more: str = "") -> str:
    return f'agent = "{agent}"\nabout = "{about}"\nowner = "team@example.com"\n{more}'


class Watched:
    """A folder with policies of ``a`` and ``b`` in force, and who was told of changes."""

    def __init__(self, folder: Path, *, strict: bool = True, agent: str | None = None) -> None:
        self.folder = folder
        folder.mkdir(mode=0o755)
        self.write("a", document("a"))
        self.write("b", document("b"))
        self.files = PolicyFiles(folder=folder, vocabulary=VOCABULARY, strict=strict, agent=agent)
        self.files.load()
        self.told: list[frozenset[str]] = []
        self.watch = PolicyWatch(self.files, self.changed)

    async def changed(self, agents: frozenset[str]) -> None:
        self.told.append(agents)

    def write(self, agent: str, text: str) -> Path:
        path = self.folder / f"{agent}.toml"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
        return path

    @property
    def abouts(self) -> dict[str, str]:
        return {agent: policy.about for agent, policy in self.files.current().items()}


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "policies")


@pytest.mark.ablation("a policy folder stands still before it is read")
async def test_a_change_is_in_force_when_the_folder_has_stood_still_between_two_looks(watched: Watched) -> None:
    watched.write("a", document("a", "Writes."))
    await watched.watch.look()
    first = watched.abouts
    await watched.watch.look()

    assert (first, watched.abouts) == ({"a": "Reads.", "b": "Reads."}, {"a": "Writes.", "b": "Reads."})
    assert watched.told == [frozenset({"a"})]


async def test_a_folder_that_did_not_change_is_not_read(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: PolicyFiles) -> None:
        pytest.fail("the folder was read")

    monkeypatch.setattr(PolicyFiles, "read", never)
    for _ in range(3):
        await watched.watch.look()
    (watched.folder / "notes.txt").write_text("not a document", encoding="utf-8")
    for _ in range(3):
        await watched.watch.look()

    assert watched.told == []


@pytest.mark.threats(30)
async def test_a_document_that_is_being_written_is_not_taken_for_a_shorter_one(watched: Watched) -> None:
    # Guards: the wait for a folder that stands still. Each half below is a document that would load.
    path = watched.write("a", document("a", "Half."))
    with path.open("a", encoding="utf-8") as file:
        for line in ("# one\n", "# two\n", "# three\n"):
            await watched.watch.look()
            file.write(line)
            file.flush()
    between = watched.abouts["a"]
    await watched.watch.look()
    await watched.watch.look()

    assert (between, watched.abouts["a"]) == ("Reads.", "Half.")
    assert watched.told == [frozenset({"a"})]


@pytest.mark.ablation("a policy folder that changes while it is read")
@pytest.mark.threats(30)
async def test_a_folder_that_changes_while_it_is_read_is_read_again(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Guards: the second look in _reload.
    read, writes = PolicyFiles.read, ["Second."]

    def interrupted(files: PolicyFiles) -> object:
        found = read(files)
        if writes:
            watched.write("b", document("b", writes.pop()))
        return found

    monkeypatch.setattr(PolicyFiles, "read", interrupted)
    watched.write("a", document("a", "First."))
    await watched.watch.look()
    await watched.watch.look()
    between = watched.abouts
    for _ in range(2):
        await watched.watch.look()

    assert between == {"a": "Reads.", "b": "Reads."}
    assert watched.abouts == {"a": "First.", "b": "Second."}
    assert watched.told == [frozenset({"a", "b"})]


@pytest.mark.threats(30)
async def test_a_mistake_keeps_all_policies_and_is_told_once_until_it_is_mended(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    before = watched.files.current()
    watched.write("a", document("a", "Good."))
    watched.write("b", document("b", more="colour = 1\n"))
    with caplog.at_level(logging.WARNING):
        for _ in range(4):
            await watched.watch.look()
        kept = watched.files.current()
        watched.write("b", document("b", more="colour = 12\n"))
        for _ in range(4):
            await watched.watch.look()
        watched.write("b", document("b"))
        for _ in range(4):
            await watched.watch.look()

    told = [record.getMessage() for record in caplog.records]
    assert kept is before
    assert [line.partition(".")[0] for line in told] == [
        "THE POLICIES WERE NOT RELOADED, those in force before stay in force",
        "THE POLICIES WERE NOT RELOADED, those in force before stay in force",
        "Policies reloaded; changed for: a",
    ]
    assert "policies/b.toml:4: unknown key `colour`" in told[0]
    assert watched.abouts == {"a": "Good.", "b": "Reads."}


@pytest.mark.threats(30)
async def test_a_mistake_in_one_document_keeps_its_agents_policy_and_no_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watched = Watched(tmp_path / "policies", strict=False)
    watched.write("a", document("a", "Newer."))
    watched.write("b", document("b", "Newer.", more="colour = 1\n"))
    watched.write("c", document("c", more="colour = 1\n"))
    with caplog.at_level(logging.WARNING):
        for _ in range(4):
            await watched.watch.look()
        told = [record.getMessage() for record in caplog.records]
        kept, broken = watched.abouts, watched.files.current().broken
        watched.write("b", document("b", "Newer."))
        watched.write("c", document("c"))
        for _ in range(4):
            await watched.watch.look()

    assert kept == {"a": "Newer.", "b": "Reads."}
    assert sorted(broken) == ["b", "c"]
    assert [line.partition(": unknown key")[0] for line in told] == [
        "THE POLICY OF AGENT b CANNOT BE USED. The one before stays in force. policies/b.toml:4",
        "THE POLICY OF AGENT c CANNOT BE USED. EVERY CALL OF THIS AGENT IS REFUSED. policies/c.toml:4",
        "Policies reloaded; changed for: a.",
    ]
    assert watched.told == [frozenset({"a"}), frozenset({"b", "c"})]
    assert (watched.abouts, dict(watched.files.current().broken)) == ({"a": "Newer.", "b": "Newer.", "c": "Reads."}, {})


@pytest.mark.threats(31)
async def test_a_document_that_is_taken_away_takes_its_agent_with_it(watched: Watched) -> None:
    (watched.folder / "a.toml").unlink()
    await watched.watch.look()
    await watched.watch.look()

    assert watched.abouts == {"b": "Reads."}
    assert watched.told == [frozenset({"a"})]


@pytest.mark.threats(30)
async def test_a_folder_that_is_gone_or_open_to_others_keeps_what_was_in_force(watched: Watched) -> None:
    before = watched.files.current()
    watched.folder.chmod(0o777)
    for _ in range(3):
        await watched.watch.look()
    watched.folder.chmod(0o755)
    watched.folder.rename(watched.folder.with_name("elsewhere"))
    for _ in range(3):
        await watched.watch.look()

    assert watched.files.current() is before
    assert watched.told == []


async def test_a_document_that_is_put_in_place_by_a_link_is_seen(watched: Watched) -> None:
    """As mounted folders do it: the document is a link to one below, and what it leads to is exchanged."""
    first, second = watched.folder / "..1", watched.folder / "..2"
    for folder, about in ((first, "One."), (second, "Two.")):
        folder.mkdir()
        (folder / "a.toml").write_text(document("a", about), encoding="utf-8")
        (folder / "a.toml").chmod(0o644)
    data = watched.folder / "..data"
    data.symlink_to(first)
    (watched.folder / "a.toml").unlink()
    (watched.folder / "a.toml").symlink_to(data / "a.toml")
    abouts: list[str] = []
    for target in (first, second):
        data.unlink()
        data.symlink_to(target)
        await watched.watch.look()
        await watched.watch.look()
        abouts.append(watched.abouts["a"])

    assert abouts == ["One.", "Two."]


@pytest.mark.ablation("a change with the old time is seen")
async def test_a_change_of_the_same_length_with_the_old_time_is_seen(watched: Watched) -> None:
    # Guards: the time of the last change in the mark; the time of the last writing can be set by anybody.
    path = watched.folder / "a.toml"
    before = path.stat()
    path.write_text(document("a", "Hides."), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    await watched.watch.look()
    await watched.watch.look()

    assert watched.abouts["a"] == "Hides."


async def test_told_to_it_reloads_at_once_and_says_what_came_of_it(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        watched.write("a", document("a", "Writes."))
        await watched.watch.reload()
        await watched.watch.reload()
        watched.write("a", "not TOML")
        await watched.watch.reload()
        await watched.watch.reload()

    assert watched.abouts["a"] == "Writes."
    assert [record.getMessage().split(";")[0].split(",")[0] for record in caplog.records] == [
        "Policies reloaded",
        "The policies in force are those of the folder.",
        "The policies in force are those of the folder.",
        "THE POLICIES WERE NOT RELOADED",
        "THE POLICIES WERE NOT RELOADED",
    ]


async def test_a_hang_up_reloads_and_the_signal_is_given_back_at_the_end(watched: Watched) -> None:
    before = signal.getsignal(signal.SIGHUP)
    told = asyncio.Event()

    async def changed(_: frozenset[str]) -> None:
        told.set()

    async with watching(watched.files, changed, seconds=3_600), asyncio.timeout(20):
        watched.write("a", document("a", "Writes."))
        os.kill(os.getpid(), signal.SIGHUP)
        await told.wait()

    assert watched.abouts["a"] == "Writes."
    assert signal.getsignal(signal.SIGHUP) == before


async def test_it_looks_by_itself(watched: Watched) -> None:
    told = asyncio.Event()

    async def changed(_: frozenset[str]) -> None:
        told.set()

    async with watching(watched.files, changed, seconds=0.01), asyncio.timeout(20):
        watched.write("a", document("a", "Writes."))
        await told.wait()

    assert watched.abouts["a"] == "Writes."


async def test_for_one_agent_only_its_own_document_is_read_and_watched(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "policies", strict=False, agent="a")
    before = watched.files.look()
    watched.write("b", "not a policy")
    beside = watched.files.look()
    watched.write("a", document("a", "Writes."))
    await watched.watch.look()
    await watched.watch.look()

    assert beside == before
    assert (watched.abouts, watched.files.current().broken) == ({"a": "Writes."}, {})
    assert watched.told == [frozenset({"a"})]


async def test_for_one_agent_a_mistake_leaves_its_policy_in_force_and_a_missing_document_takes_it_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watched = Watched(tmp_path / "policies", strict=False, agent="a")
    path = watched.write("a", "not a policy")
    await watched.watch.reload()
    kept = watched.abouts
    path.unlink()
    await watched.watch.reload()

    assert (kept, watched.abouts) == ({"a": "Reads."}, {})
    assert "THE POLICY OF AGENT a CANNOT BE USED. The one before stays in force." in caplog.text
