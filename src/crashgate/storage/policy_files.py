"""The policy documents of a folder, and how they are watched while we serve.

A document is used whole or not at all, and one that others could change is refused (THREATS row 30). A mistake in a
document, or in a template that it extends, concerns only its own agent, after which its file is named; with ``strict``
it concerns all. At a reload, the policy that was in force before a mistake stays in force, and the log says so.

The standard library reports no changes, so the folder is looked at every half second, which costs next to
nothing. It is read only when it has not changed between two looks, so that a document which is being written is not
taken for a shorter one, which could allow more (THREATS rows 30 and 31).
"""

import asyncio
import logging
import os
import re
import signal
import stat
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from crashgate.errors import ConfigurationError, PolicyDocumentError, Problem
from crashgate.ownership import is_anothers, is_on_roots_read_only_mount, others_may_write
from crashgate.policy.document import load
from crashgate.policy.policy import Policy, PolicySet, Vocabulary
from crashgate.policy.templates import FOLDER, Templates
from crashgate.policy.toml_positions import MAX_BYTES, NOT_UTF8, TOO_LARGE
from crashgate.sanitise import clean

_log = logging.getLogger(__name__)

_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Not through a link put there after the check, and not waiting on a pipe."""

_TEMPLATE = re.compile(r"[a-z0-9][a-z0-9_-]*")

Mark = tuple[tuple[object, ...], ...]
"""What a folder looks like from outside."""


class PolicyFiles:
    """A PolicySource over ``*.toml`` in one folder (hidden files are left out).

    Of the folders below only ``templates`` is read: what stands there holds for the documents that extend it.
    Until ``load`` has succeeded there is no policy, and so nothing is allowed. ``mark`` is that of the folder when it
    was read last. With ``agent`` only the document of this one is looked at: a document is called after its agent.
    """

    def __init__(self, *, folder: Path, vocabulary: Vocabulary, strict: bool = True, agent: str | None = None) -> None:
        self._folder = folder
        self._agent = agent
        self._strict = strict
        self._vocabulary = vocabulary
        self._current = PolicySet()
        self.mark: Mark = ()
        self.loaded_at = 0.0
        """When policies were last put in force, in seconds since 1970."""
        self._last_read: dict[str, tuple[str, Templates, Policy]] = {}
        """By its source each document as it was read last, with the templates that there were then."""

    def current(self) -> PolicySet:
        """The policies in force, and which documents are not (``broken``); reads nothing."""
        return self._current

    def load(self) -> PolicySet:
        """Read and check the whole folder, and put it in force.

        Raises ConfigurationError when there is no such folder, and PolicyDocumentError with the problems of all
        documents where none can be used, or with ``strict`` where one cannot; then what was in force stays in force.
        """
        mark = self.look()
        self.put(self.read(), mark)
        return self._current

    def look(self) -> Mark:
        """What the folder looks like from outside: equal marks, equal documents. Reads none of them, and never raises.

        It holds the time of the last change of each file, which no program can set, and follows links.
        """
        try:
            found = sorted(map(os.fspath, _documents_in(self._folder, self._agent)))
        except OSError as error:
            return (("", error.errno),)
        templates = self._folder / FOLDER
        with suppress(OSError):
            found += sorted(entry.path for entry in os.scandir(templates) if entry.name.endswith(".toml"))
        # Of the folders themselves not the times: files that are no documents come and go in them.
        return (*(_mark(os.fspath(each))[:4] for each in (self._folder, templates)), *map(_mark, found))

    def put(self, policies: PolicySet, mark: Mark) -> None:
        """Put in force what ``read`` gave, read when the folder had that mark.

        An agent whose document cannot be used keeps the policy that it had; one that had none is refused.
        """
        kept = [self._current[agent] for agent in policies.broken if agent in self._current]
        for agent, problems in policies.broken.items():
            meanwhile = (
                "The one before stays in force" if agent in self._current else "EVERY CALL OF THIS AGENT IS REFUSED"
            )
            told = "; ".join(map(str, problems))
            _log.error("THE POLICY OF AGENT %s CANNOT BE USED. %s. %s", agent, meanwhile, told)
        self._current, self.mark = PolicySet([*policies.values(), *kept], broken=policies.broken), mark
        self.loaded_at = time.time()

    def read(self) -> PolicySet:
        """Read and check the whole folder; nothing changes. Raises as ``load`` does."""
        folder = _checked_folder(self._folder)
        templates = read_templates(folder)
        policies: list[Policy] = []
        broken: dict[str, tuple[Problem, ...]] = {}
        read: dict[str, tuple[str, Templates, Policy]] = {}
        for path in _documents(folder, self._agent):
            source = f"{_safe(folder.name)}/{_safe(path.name)}"
            try:
                text = _read(path, folder=folder, source=source)
                before = self._last_read.get(source)
                if before is None or before[:2] != (text, templates):
                    policy = load(text, source=source, vocabulary=self._vocabulary, templates=templates)
                    before = (text, templates, policy)
                read[source] = before
                policies.append(before[2])
            except PolicyDocumentError as error:
                broken[_safe(path.stem)] = error.problems
        self._last_read = read
        if broken and (
            self._strict  # check: with strict policies one mistake keeps all
            or not (policies or self._agent)
        ):
            raise PolicyDocumentError(problem for problems in broken.values() for problem in problems)
        return PolicySet(policies, broken=broken)


def read_templates(folder: Path) -> Templates:
    """The templates of a policy folder, by name. What is wrong with one concerns only the documents that extend it.

    A folder of templates that others could change is wrong in each of them.
    """
    here = folder / FOLDER
    try:
        files = sorted(path for path in here.iterdir() if path.suffix == ".toml" and _TEMPLATE.fullmatch(path.stem))
    except OSError:
        return {}
    found: dict[str, str | PolicyDocumentError] = {}
    for path in files:
        source = f"{_safe(folder.name)}/{FOLDER}/{path.name}"
        try:
            found[f"{FOLDER}/{path.stem}"] = _read(path, folder=_checked_templates(here, source), source=source)
        except PolicyDocumentError as error:
            found[f"{FOLDER}/{path.stem}"] = error
    return found


def _checked_templates(folder: Path, source: str) -> Path:
    """The folder as it really is. A link out of the policy folder is refused: who may write there is not checked."""
    try:
        real = Path(os.path.realpath(folder, strict=True))
        status = real.stat()
    except OSError as error:
        raise _refused(source, f"its folder cannot be read: {(error.strerror or 'unknown fault').lower()}") from error
    # A kubelet links folders, but never out of the volume.
    # check: the folder of templates is no link out of the policy folder
    if not real.is_relative_to(os.path.realpath(folder.parent)):
        raise _refused(source, "its folder is a link; put the templates themselves there")
    # check: others may not write to the folder of templates
    if others_may_write(status) and not is_on_roots_read_only_mount(real, status):
        raise _refused(source, "the group or everybody may write to its folder; run: chmod go-w on it")
    if is_anothers(status):
        raise _refused(
            source, "its folder belongs to another user; give it to the user that runs crashgate, or to root"
        )
    return real


def _mark(path: str) -> tuple[object, ...]:
    try:
        found = os.stat(path)  # noqa: PTH116 - of a thousand files, twice a second, Path.stat takes twice as long
    except OSError as error:
        return (path, error.errno)
    return (
        path,
        found.st_dev,
        found.st_ino,
        found.st_mode,
        found.st_size,
        found.st_mtime_ns,
        # check: a change with the old time is seen
        found.st_ctime_ns,
    )


def _safe(name: str) -> str:
    """A file's name as it may stand in a message and in the log."""
    return clean(name, limit=100, lines=False)


def _checked_folder(folder: Path) -> Path:
    try:
        real = Path(os.path.realpath(folder, strict=True))
        status = real.stat()
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"The policy folder {folder} does not exist.",
            remedy="Run `crashgate init` to set up a connection and a first policy, add --sandbox to try the example"
            " policies on invented data, or name another folder with --policies.",
        ) from error
    except OSError as error:
        raise _no_folder(folder, error.strerror or "it cannot be read") from error
    if not stat.S_ISDIR(status.st_mode):
        raise _no_folder(folder, "this is not a folder")
    # check: a policy folder that others may write to
    if others_may_write(status) and not is_on_roots_read_only_mount(real, status):
        raise ConfigurationError(
            f"The policy folder {folder} cannot be used.",
            why="Its group or everybody may write to it, so another user could add or swap a policy.",
            remedy=f"Run: chmod go-w {folder}",
        )
    # check: a policy folder of another user
    if is_anothers(status):
        raise ConfigurationError(
            f"The policy folder {folder} cannot be used.",
            why="It belongs to another user, who could add or swap a policy.",
            remedy="Give it to the user that runs crashgate, or to root, or name another folder.",
        )
    return real


def _no_folder(folder: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The policy folder {folder} cannot be used.",
        why=f"{why.capitalize()}.",
        remedy="Make the folder, with one document for each agent called AGENT.toml, or name another with --policies.",
    )


def _documents(folder: Path, agent: str | None) -> list[Path]:
    try:
        return sorted(_documents_in(folder, agent))
    except OSError as error:
        raise _no_folder(folder, error.strerror or "it cannot be read") from error


def _documents_in(folder: Path, agent: str | None) -> list[Path]:
    """All documents, or that of one agent; the folder is not listed for one. Raises OSError."""
    if agent is None:
        return [path for path in folder.iterdir() if path.suffix == ".toml" and not path.name.startswith(".")]
    path = folder / f"{agent}.toml"
    usable = path.parent == folder and not path.name.startswith(".")
    return [path] if usable and os.path.lexists(path) else []


def _read(path: Path, *, folder: Path, source: str) -> str:
    try:
        real = Path(os.path.realpath(path, strict=True))
        # check: a link out of the policy folder
        if not real.is_relative_to(folder):
            raise _refused(source, "this is a link that leads out of the policy folder; put the document itself there")
        data = _bytes(real, source=source)
    except OSError as error:
        raise _refused(source, f"the document cannot be read: {(error.strerror or 'unknown fault').lower()}") from error
    if len(data) > MAX_BYTES:
        raise _refused(source, TOO_LARGE)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refused(source, NOT_UTF8, line=line) from error


def _bytes(real: Path, *, source: str) -> bytes:
    """At most one byte more than a document may have. The open file is checked, so it cannot be swapped after that."""
    descriptor = os.open(real, _OPEN)
    try:
        status = os.fstat(descriptor)
        # check: a policy document is a file
        if not stat.S_ISREG(status.st_mode):
            raise _refused(source, "this is not a file")
        if others_may_write(status):
            # check: a policy document that others may write to
            raise _refused(source, f"its group or everybody may write to the document; run: chmod go-w {source}")
        # check: a policy document of another user
        if is_anothers(status):
            raise _refused(source, "it belongs to another user; give it to the user that runs crashgate, or to root")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_BYTES + 1)
    finally:
        os.close(descriptor)


def _refused(source: str, text: str, *, line: int = 1) -> PolicyDocumentError:
    return PolicyDocumentError([Problem(source=source, line=line, text=text)])


SECONDS = 0.5
"""Between two looks; a change is in force after one to two of them."""

Changed = Callable[[frozenset[str]], Awaitable[None]]


class PolicyWatch:
    """Keeps ``files`` as their folder is; ``changed`` is told the agents whose policy is another one now."""

    def __init__(self, files: PolicyFiles, changed: Changed) -> None:
        self._files = files
        self._changed = changed
        self._last = files.mark
        self._failed: Mark | None = None

    async def look(self) -> None:
        """Look once, and reload if there is something new that has stood still since the last look."""
        mark = await asyncio.to_thread(self._files.look)
        still, self._last = mark == self._last, mark
        if (
            still  # check: a policy folder stands still before it is read
            and mark not in {self._files.mark, self._failed}
        ):
            await self._reload(mark)

    async def reload(self) -> None:
        """Reload at once: somebody says that the folder is as it should be. Says what came of it in any case."""
        self._failed = None
        self._last = await asyncio.to_thread(self._files.look)
        if not await self._reload(self._last):
            return
        if not self._files.current().broken:
            _log.warning("The policies in force are those of the folder.")

    async def _reload(self, mark: Mark) -> bool:
        before = self._files.current()
        try:
            found = await asyncio.to_thread(self._files.read)
        except ConfigurationError as problem:
            self._failed = mark
            _log.error("THE POLICIES WERE NOT RELOADED, those in force before stay in force. %s", problem)
            return False
        # check: a policy folder that changes while it is read
        if await asyncio.to_thread(self._files.look) != mark:
            return False  # it changed while it was read; the next look finds it
        self._files.put(found, mark)
        self._failed = None
        agents = _differing(before, self._files.current())
        if agents:
            _log.warning("Policies reloaded; changed for: %s.", ", ".join(sorted(agents)))
            await self._changed(agents)
        return True


@asynccontextmanager
async def watching(files: PolicyFiles, changed: Changed, *, seconds: float = SECONDS) -> AsyncGenerator[PolicyWatch]:
    """Look every ``seconds`` and, where there are signals, reload on SIGHUP."""
    watch, wanted = PolicyWatch(files, changed), asyncio.Event()

    async def now_and_then() -> None:
        while True:
            asked = False
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    asked = await wanted.wait()
            wanted.clear()
            try:
                await (watch.reload() if asked else watch.look())
            except Exception:  # noqa: BLE001 - the watch must outlive whatever one look met; what is in force stays
                _log.exception("The policy folder could not be looked at; please report it.")

    task = asyncio.create_task(now_and_then())
    loop = asyncio.get_running_loop()
    hang_up = getattr(signal, "SIGHUP", None)
    if hang_up is not None:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(hang_up, wanted.set)
    try:
        yield watch
    finally:
        if hang_up is not None:
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(hang_up)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _differing(before: PolicySet, after: PolicySet) -> frozenset[str]:
    agents = {*before, *after}
    return frozenset(name for name in agents if _hash(before, name) != _hash(after, name))


def _hash(policies: PolicySet, agent: str) -> str | None:
    policy = policies.get(agent)
    return policy.hash if policy else None
