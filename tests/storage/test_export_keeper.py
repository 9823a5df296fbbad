"""Old exports are removed: the manifest before the data, nothing that is being written, and all of it in the end."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from crashgate.errors import NotAvailableError
from crashgate.exports.catalogue import ExportCatalogue
from crashgate.exports.page import Progress
from crashgate.exports.plan import Format
from crashgate.exports.port import ExportState, Kept
from crashgate.storage.export_objects import Objects
from crashgate.storage.export_pruning import ExportKeeper
from crashgate.storage.export_storage import Directory, ExportStorage, Place
from tests.exports.samples import OTHERS, READERS, SECOND, Source, Stumble, plan
from tests.storage.export_harness import exporter, names

FINISHED = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
"""What the clock of the exporter says."""
LATER = FINISHED + timedelta(seconds=1)
LONG_AGO = 1_000_000_000
URL = "memory://bucket/exports"


@pytest.fixture(params=["directory", "objects"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    system: Any = import_module("fsspec").filesystem("memory")
    system.store.clear()
    yield Directory(tmp_path) if request.param == "directory" else Objects(URL)
    system.store.clear()


@pytest.fixture
def keeper(tmp_path: Path, place: Place) -> ExportKeeper:
    return ExportKeeper(tmp_path, place)


@pytest.fixture
def storage(tmp_path: Path, place: Place) -> ExportStorage:
    return ExportStorage(tmp_path, place)


def _id(number: int, whose: str = READERS) -> str:
    """Of an export that was begun so many seconds after the beginning of 2026."""
    return f"{whose}{int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) + number:08x}{0:016x}"


async def _finish(storage: ExportStorage, number: int, agent: str = "reader", format_: Format = Format.JSONL) -> None:
    whose = READERS if agent == "reader" else OTHERS
    await exporter(storage).run(plan(format_, id=_id(number, whose), agent=agent), Source(pages=2, size=2))


async def _break_off(storage: ExportStorage, folder: Path, number: int, *, at: float = LONG_AGO) -> None:
    with pytest.raises(Stumble):
        await exporter(storage).run(plan(id=_id(number)), Source(pages=2, size=2, stumbles_before=1))
    for file in (folder / ".in-progress" / _id(number)).iterdir():
        os.utime(file, (at, at))


async def test_what_is_kept_is_told_of_everybody_or_of_one_agent(
    tmp_path: Path, storage: ExportStorage, keeper: ExportKeeper
) -> None:
    await _finish(storage, 1)
    await _finish(storage, 2, "other")
    await _break_off(storage, tmp_path, 3)
    mine = [
        Kept(
            id=_id(3),
            name=f"sessions-{_id(3)}.jsonl",
            state=ExportState.UNFINISHED,
            at=datetime.fromtimestamp(LONG_AGO, UTC),
            agent="reader",
            connection="bugspulse-main",
            rows=2,
            size=(tmp_path / ".in-progress" / _id(3) / "rows").stat().st_size,
        ),
        Kept(
            id=_id(1),
            name=f"sessions-{_id(1)}.manifest.json",
            state=ExportState.FINISHED,
            at=FINISHED,
            agent="reader",
            connection="bugspulse-main",
            rows=4,
            size=next(storage.finished(READERS)).size,
        ),
    ]

    assert keeper.kept("reader") == mine
    assert {each.id for each in keeper.kept()} == {_id(1), _id(2, OTHERS), _id(3)}
    assert [each.id for each in keeper.kept("other")] == [_id(2, OTHERS)]
    assert keeper.kept("nobody") == []


async def test_what_is_old_goes_and_what_is_not_stays(
    tmp_path: Path, storage: ExportStorage, keeper: ExportKeeper
) -> None:
    for number, format_ in enumerate(Format):
        await _finish(storage, number, format_=format_)
    await _break_off(storage, tmp_path, 7)
    await _break_off(storage, tmp_path, 8, at=LATER.timestamp())
    finished = {_id(0), _id(1), _id(2)}

    assert [each.id for each in keeper.prune(FINISHED)] == [_id(7)]
    assert {each.id for each in keeper.prune(LATER, dry_run=True)} == finished
    assert {each.id for each in keeper.prune(LATER)} == finished
    assert [each.id for each in keeper.kept()] == [_id(8)]
    assert keeper.prune(LATER) == []
    with pytest.raises(NotAvailableError):
        await exporter(storage).resume(_id(7), Source(pages=2, size=2), SECOND)
    assert (await exporter(storage).resume(_id(8), Source(pages=2, size=2), SECOND)).rows == 4
    keeper.prune(LATER)
    assert (names(tmp_path), keeper.kept()) == (set(), [])


async def test_one_agents_exports_go_and_nobody_elses(storage: ExportStorage, keeper: ExportKeeper) -> None:
    await _finish(storage, 1)
    await _finish(storage, 1, "other")

    assert [each.agent for each in keeper.prune(LATER, "other")] == ["other"]
    assert [each.agent for each in keeper.kept()] == ["reader"]


@pytest.mark.ablation("an export that is being made is not pruned")
@pytest.mark.threats(28)
async def test_an_export_that_is_being_made_is_never_removed(storage: ExportStorage, keeper: ExportKeeper) -> None:
    pruned: list[object] = []

    async def prune(_: Progress) -> None:
        pruned.append(keeper.prune(datetime.now(UTC) + timedelta(days=1)))

    manifest = await exporter(storage).run(plan(id=_id(1)), Source(pages=3, size=2), prune)

    assert pruned == [[], [], []]
    assert next(storage.finished()) == manifest


@pytest.mark.ablation("a manifest is removed before its data")
@pytest.mark.threats(28)
async def test_a_prune_that_is_killed_shows_nobody_a_broken_export_and_the_next_one_removes_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Place, storage: ExportStorage, keeper: ExportKeeper
) -> None:
    killed = 0
    for steps in count():
        await _finish(storage, 1)
        await _finish(storage, 2, format_=Format.PARQUET)
        await _break_off(storage, tmp_path, 3)
        with monkeypatch.context() as patch:
            _kill_after(steps, patch, place)
            try:
                keeper.prune(LATER)
            except Killed:
                killed += 1
            else:
                break
        catalogue = ExportCatalogue(storage)
        for each in storage.finished():
            assert len(await catalogue.read(each)) == each.size
        for unfinished in await catalogue.unfinished("reader"):
            assert unfinished.checkpoint.rows == 2
        keeper.prune(LATER)
        assert (keeper.kept(), names(tmp_path)) == ([], set())

    assert killed >= 6


class Killed(BaseException):
    """In place of a ``kill -9``: nothing that is ours catches it."""


def _kill_after(steps: int, patch: pytest.MonkeyPatch, place: Place) -> None:
    """The step after so many is not taken, nor any later one."""
    left = count(steps, -1)

    def dying(real: Callable[..., None]) -> Callable[..., None]:
        def step(*given: Any, **named: Any) -> None:  # noqa: ANN401 - whatever the real one takes
            if next(left) <= 0:
                raise Killed
            real(*given, **named)

        return step

    patch.setattr(os, "unlink", dying(os.unlink))
    patch.setattr(os, "rmdir", dying(os.rmdir))
    if isinstance(place, Objects):
        system: Any = import_module("fsspec").filesystem("memory")
        patch.setattr(system, "rm_file", dying(system.rm_file))


@pytest.mark.ablation("a file that is only called like an export is never pruned")
@pytest.mark.parametrize("begun", [0x0_91F4A7E, int(FINISHED.timestamp()) - 86_400, 0xF0000000])
def test_a_file_of_somebody_else_that_is_called_like_ours_is_never_removed(
    tmp_path: Path, place: Place, keeper: ExportKeeper, begun: int
) -> None:
    stranger = f"orders-5d2b8f0c{begun:08x}3f2a9c0d41b7e658.csv"
    _put(place, tmp_path, stranger)
    told = keeper.kept()

    assert keeper.prune(LATER) == keeper.prune(LATER, dry_run=True) == []
    assert stranger in place.names()
    listed = [Kept(id=stranger[7:-4], name=stranger, state=ExportState.UNACCOUNTED, at=FINISHED - timedelta(days=1))]
    assert told == (listed if begun == int(FINISHED.timestamp()) - 86_400 else [])


def _put(place: Place, folder: Path, name: str) -> None:
    if isinstance(place, Objects):
        import_module("fsspec").filesystem("memory").pipe_file(f"/bucket/exports/{name}", b"keep")
    else:
        (folder / name).write_bytes(b"keep")


@pytest.mark.threats(28)
async def test_data_whose_manifest_could_not_be_published_goes_with_its_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Place, storage: ExportStorage, keeper: ExportKeeper
) -> None:
    with monkeypatch.context() as patch:
        _kill_publishing(patch, place)
        with pytest.raises(Killed):
            await _finish(storage, 1)
    left = set(place.names()) - {".in-progress"}
    for file in (tmp_path / ".in-progress" / _id(1)).iterdir():
        os.utime(file, (LONG_AGO, LONG_AGO))
    told = [(each.id, each.state) for each in keeper.prune(LATER)]

    assert left == {f"sessions-{_id(1)}.jsonl"}
    assert told == [(_id(1), ExportState.UNFINISHED)]
    assert set(place.names()) - {".in-progress"} == set()


def _kill_publishing(patch: pytest.MonkeyPatch, place: Place) -> None:
    """Between the data and the manifest."""
    owner: Any = import_module("fsspec").filesystem("memory") if isinstance(place, Objects) else os
    name = "put_file" if isinstance(place, Objects) else "link"
    real, steps = getattr(owner, name), count()

    def dying(*given: Any, **named: Any) -> None:  # noqa: ANN401 - whatever the real one takes
        if next(steps):
            raise Killed
        real(*given, **named)

    patch.setattr(owner, name, dying)


async def test_a_file_of_somebody_else_is_nothing_that_was_left_behind(tmp_path: Path, keeper: ExportKeeper) -> None:
    strangers = ("notes.csv", "sessions-2026.csv", f"sessions-{'0' * 24}.csv", f"x-{_id(1)}.txt")
    for name in strangers:
        (tmp_path / name).write_text("keep")
    keeper.prune(LATER)

    assert names(tmp_path) == set(strangers)
