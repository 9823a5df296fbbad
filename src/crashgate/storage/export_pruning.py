"""Removes old exports: the manifest before the data, so that nothing is listed that cannot be read.

A name alone proves nothing, for others' files may be called like ours: what goes is named by a manifest that lists it,
or by a working folder. So the manifest of what goes is in a working folder until all of it is gone. Killed in between,
the next run removes the rest. What is being written is locked, and stays.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from crashgate.errors import ExportError
from crashgate.exports import manifest as manifest_files
from crashgate.exports.manifest import ENDING, Manifest, begun, id_of, id_of_data, manifests, owner
from crashgate.exports.plan import check_id
from crashgate.exports.port import ExportState, Kept
from crashgate.storage.export_folder import Folder, storing
from crashgate.storage.export_storage import Place, in_progress
from crashgate.storage.export_work import LARGEST_FILE, MANIFEST, PLAN, clear, lock, read_checkpoint, read_plan


class ExportKeeper:
    """Fills the port Keeper, for one place and the directory of the work in progress."""

    def __init__(self, local: Path, place: Place) -> None:
        self._local = local
        self._place = place

    def kept(self, agent: str | None = None) -> Sequence[Kept]:
        """Everybody's, or one agent's, the oldest first."""
        whose = owner(agent) if agent else ""
        every = (*self._find_finished(whose), *self._find_worked_on(whose), *self._find_unaccounted(whose))
        return sorted((each for each in every if agent in {None, each.agent or agent}), key=lambda each: each.at)

    def prune(self, before: datetime, agent: str | None = None, *, dry_run: bool = False) -> Sequence[Kept]:
        """Remove what was finished or last worked on before that time.

        What is being written now is left out, and so is what nothing shows to be ours.
        """
        old = (each for each in self.kept(agent) if each.at < before)
        return [each for each in old if self._remove_if_old(each, before, dry_run=dry_run)]

    def _remove_if_old(self, kept: Kept, before: datetime, *, dry_run: bool) -> bool:
        match kept.state:
            case ExportState.FINISHED:
                manifest = self._place.manifest(kept.name)
                return manifest is not None and (dry_run or self._remove(manifest))
            case ExportState.UNFINISHED:
                return self._abandon(kept.id, before, dry_run=dry_run)
            case ExportState.LEFT_BEHIND:
                return dry_run or self._remove_rest(kept.id)
            case ExportState.UNACCOUNTED:
                # check[always]: a file that is only called like an export is never pruned
                return False

    def _remove(self, manifest: Manifest) -> bool:
        """Remove a finished export, unless somebody holds its working folder."""
        with storing(self._local), in_progress(self._local) as parent:
            with parent.sub(manifest.id, make=True) as folder:
                if not _try_lock(folder):
                    return False
                folder.put(manifest.manifest_file, manifest_files.encode(manifest))
                folder.remove(PLAN)  # what is going is not to be resumed
                self._empty(folder, manifest)
            parent.remove_sub(manifest.id)
        return True

    def _remove_rest(self, export_id: str) -> bool:
        """Remove what a removal that was killed had not come to."""
        with storing(self._local), in_progress(self._local) as parent, suppress(FileNotFoundError):
            with parent.sub(export_id) as folder:
                if not _try_lock(folder) or (manifest := _find_removal(export_id, folder)) is None:
                    return False
                self._empty(folder, manifest)
            parent.remove_sub(export_id)
            return True
        return False

    def _empty(self, folder: Folder, manifest: Manifest) -> None:
        for name in (
            # check: a manifest is removed before its data
            manifest.manifest_file,
            manifest.file,
        ):
            self._place.remove(name)
        clear(folder)

    def _abandon(self, export_id: str, before: datetime, *, dry_run: bool) -> bool:
        """Remove a working folder, unless somebody holds it or has come back to it."""
        with storing(self._local), in_progress(self._local) as parent, suppress(FileNotFoundError):
            with parent.sub(export_id) as folder:
                if not _try_lock(folder) or _find_last_change(export_id, folder) >= before:
                    return False
                if not dry_run:
                    self._withdraw(export_id, folder)
                    clear(folder)
            if not dry_run:
                parent.remove_sub(export_id)
            return True
        return False

    def _withdraw(self, export_id: str, folder: Folder) -> None:
        """Remove the data that may have been published without its manifest, while the plan still tells of it."""
        with suppress(FileNotFoundError, ValueError):
            plan = read_plan(folder)
            if folder.has(MANIFEST) and plan.id == export_id and f"{plan.name}{ENDING}" not in self._place.names():
                self._place.remove(plan.file)

    def _find_finished(self, whose: str) -> Iterator[Kept]:
        for name in manifests(self._place.names(), whose=whose):
            if (manifest := self._place.manifest(name)) is not None:
                yield _of_manifest(manifest)

    def _find_worked_on(self, whose: str) -> Iterator[Kept]:
        finished = {id_of(name) for name in manifests(self._place.names(), whose=whose)}
        with storing(self._local), in_progress(self._local) as parent:
            for name in parent.names():
                with suppress(OSError, ValueError), parent.sub(check_id(name)) as folder:
                    if not name.startswith(whose):
                        continue
                    going = _find_removal(name, folder)
                    if going is None:
                        yield _of_work(name, folder)
                    elif name not in finished:
                        yield replace(_of_manifest(going), name=going.file, state=ExportState.LEFT_BEHIND)

    def _find_unaccounted(self, whose: str) -> Iterator[Kept]:
        """Files called like our data, of which no manifest and no work in progress tells."""
        loose = _find_without_manifest(self._place.names(), whose)
        with storing(self._local), in_progress(self._local) as parent:
            working = set(parent.names())
        # Looked at in this order, one that is published meanwhile is in progress or has its manifest by now.
        loose &= _find_without_manifest(self._place.names(), whose)
        now = datetime.now(UTC)
        for export_id, name in sorted(loose):
            at = begun(export_id)
            if at is not None and at <= now and export_id not in working:
                yield Kept(id=export_id, name=name, state=ExportState.UNACCOUNTED, at=at)


def _try_lock(folder: Folder) -> bool:
    """Hold the folder for as long as it is open; False where another process does."""
    try:
        # check: an export that is being made is not pruned
        lock(folder)
    except ExportError:
        return False
    return True


def _find_removal(export_id: str, folder: Folder) -> Manifest | None:
    """The manifest of a finished export whose removal was begun; None in any other working folder. Raises OSError."""
    for name in manifests(folder.names(), whose=export_id):
        with suppress(FileNotFoundError, ValueError):
            return manifest_files.decode(folder.content(name, LARGEST_FILE), stored_as=name)
    return None


def _of_manifest(manifest: Manifest) -> Kept:
    return Kept(
        id=manifest.id,
        name=manifest.manifest_file,
        state=ExportState.FINISHED,
        at=datetime.fromisoformat(manifest.finished_at).astimezone(UTC),
        agent=manifest.agent,
        connection=manifest.connection,
        rows=manifest.rows,
        size=manifest.size,
    )


def _of_work(export_id: str, folder: Folder) -> Kept:
    """What a working folder holds; one without a plan is what a ``kill -9`` left of a beginning or an end."""
    at = _find_last_change(export_id, folder)
    try:
        plan = read_plan(folder)
        checkpoint = read_checkpoint(folder, plan)
    except (OSError, ValueError):
        return Kept(id=export_id, name=export_id, state=ExportState.UNFINISHED, at=at)
    return Kept(
        id=export_id,
        name=plan.file,
        state=ExportState.UNFINISHED,
        at=at,
        agent=plan.agent,
        connection=plan.connection,
        rows=checkpoint.rows,
        size=checkpoint.size,
    )


def _find_last_change(export_id: str, folder: Folder) -> datetime:
    """When it was last worked on; an empty one is as old as its export, or new where nothing tells."""
    return folder.changed() or begun(export_id) or datetime.now(UTC)


def _find_without_manifest(names: Sequence[str], whose: str) -> set[tuple[str, str]]:
    """The data files, with their ids, beside which no manifest stands."""
    finished = {id_of(name) for name in manifests(names)}
    data = ((id_of_data(name), name) for name in names)
    return {(each, name) for each, name in data if each and each.startswith(whose) and each not in finished}
