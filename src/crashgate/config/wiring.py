"""Puts settings, storage, gateway and servers together, and decides nothing. To see what runs in production, read this.

The server is imported where it starts: the protocol's library takes most of a second, and only serving needs it.
"""

import logging
import os
import pwd
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crashgate.audit.fields import check_word
from crashgate.audit.log import LogWriter
from crashgate.audit.port import DecisionLog
from crashgate.audit.reader import LogReader
from crashgate.audit.retention import LogKeeper
from crashgate.clock import Clock, SystemClock
from crashgate.config.approval_webhook import telling
from crashgate.config.call_log import logged
from crashgate.config.connections import Sandbox, find_budget, nameable_connections, open_connection
from crashgate.config.narrowing import Narrowed, Served, narrowing_keys
from crashgate.config.settings import Settings, variables_that_connect
from crashgate.errors import ConfigurationError
from crashgate.exports.catalogue import ExportCatalogue
from crashgate.exports.exporter import Encoders, Exporter
from crashgate.exports.plan import Format
from crashgate.exports.port import Keeper
from crashgate.exports.text_formats import CsvLines, JsonLines
from crashgate.gate.approval_requests import ApprovalStore
from crashgate.gate.approvals import Approvals
from crashgate.gate.gateway import Gateway
from crashgate.gate.places import Places
from crashgate.gate.quotas import Limiter, UntrustedExposure
from crashgate.gate.recorder import Ledger
from crashgate.gate.revocation import Revocation
from crashgate.policy.policy import PolicySource, Vocabulary
from crashgate.policy.serving import ALL, Serving, serve_groups
from crashgate.policy.templates import Templates
from crashgate.storage.approvals import SqliteApprovals
from crashgate.storage.counters import SqliteCounter
from crashgate.storage.export_objects import Objects
from crashgate.storage.export_pruning import ExportKeeper
from crashgate.storage.export_storage import Directory, ExportStorage, Place
from crashgate.storage.freezes import FreezeFile
from crashgate.storage.log_keys import LogKeys, load_key
from crashgate.storage.log_sqlite import SqliteRowStore
from crashgate.storage.parquet import Parquet
from crashgate.storage.policy_files import PolicyFiles, read_templates
from crashgate.storage.tokens import TokenFile
from crashgate.tools.cursors import Cursors
from crashgate.tools.exports import Exports
from crashgate.tools.own import load_catalogue
from crashgate.tools.toolbox import Toolbox
from crashgate.upstream.budget import Turns
from crashgate.upstream.client import Upstream
from crashgate.upstream.network import Network
from crashgate.upstream.transport import InProcess

if TYPE_CHECKING:
    from crashgate.config.metrics import Metrics

_log = logging.getLogger(__name__)


def policies(settings: Settings, *, sandbox: Sandbox | None = None) -> PolicyFiles:
    """The policies of the folder, all of them checked against the connections. Raises ConfigurationError."""
    files = PolicyFiles(folder=settings.policies, vocabulary=vocabulary(settings, sandbox=sandbox))
    files.load()
    return files


def served_policies(settings: Settings, *, sandbox: Sandbox | None = None, agent: str | None = None) -> PolicyFiles:
    """The folder's policies for serving, not loaded yet: without ``strict_policies`` those that can be used.

    With ``agent`` only its own is read, unless ``strict_policies`` asks about all of them.
    """
    words, strict = vocabulary(settings, sandbox=sandbox), settings.serve.strict_policies
    return PolicyFiles(folder=settings.policies, vocabulary=words, strict=strict, agent=None if strict else agent)


def templates(folder: Path) -> Templates:
    """What the documents of a policy folder may extend."""
    return read_templates(folder)


def vocabulary(settings: Settings, *, sandbox: Sandbox | None = None) -> Vocabulary:
    """The words that a policy may use here."""
    found = nameable_connections(settings, sandbox=sandbox)
    catalogue = load_catalogue(frozenset(each.provider for each in found.values()))
    return Vocabulary(
        connections={name: catalogue.resources[each.provider] for name, each in found.items()}, catalogue=catalogue
    )


def serving(settings: Settings, *, groups: Collection[str], read_only: bool, sandbox: Sandbox | None = None) -> Serving:
    """What a server serves that is started with these groups of tools. Raises ConfigurationError."""
    found = nameable_connections(settings, sandbox=sandbox)
    connections = {name: each.provider for name, each in found.items()}
    catalogue = load_catalogue(frozenset(connections.values()))
    return serve_groups(groups, read_only=read_only, connections=connections, catalogue=catalogue)


def tokens(settings: Settings) -> TokenFile:
    """The bearer tokens of the state folder."""
    return TokenFile(settings.state, SystemClock())


def approvals(settings: Settings) -> ApprovalStore:
    """The requests for approval of the state folder."""
    return SqliteApprovals(settings.state)


def operator() -> str:
    """Who runs this process: the user that the operating system knows, because LOGNAME and the like could say anything.

    Its number where it has no name that a record may hold.
    """
    user = os.getuid()
    try:
        # check[none]: an answer has the name of the system's user
        name = pwd.getpwuid(user).pw_name
        check_word(name, "name")
    except (KeyError, ValueError):
        return f"uid {user}"
    return name


def exports(settings: Settings, clock: Clock, *, sandbox: Sandbox | None) -> Exports | None:
    """Where exports go, if anywhere; with a sandbox they are beside the log. Raises ExportError."""
    where = settings.exports or (str(_export_folder(settings)) if sandbox else None)
    if where is None:
        return None
    storage = ExportStorage(*_export_places(where, settings))
    encoders: Encoders = {Format.JSONL: JsonLines, Format.CSV: CsvLines, Format.PARQUET: Parquet}
    exporter = Exporter(storage=storage, encoders=encoders, clock=clock)
    return Exports(
        exporter=exporter,
        catalogue=ExportCatalogue(storage),
        clock=clock,
        operations=vocabulary(settings, sandbox=sandbox).catalogue.operations,
    )


def export_keeper(settings: Settings) -> Keeper:
    """What lists and removes exports. Raises ConfigurationError where there is no place for them, ExportError."""
    where = settings.exports
    if where is None:
        raise ConfigurationError(
            "No place for exports is configured.", remedy="Write `exports` in crashgate.toml, or give --at PLACE."
        )
    return ExportKeeper(*_export_places(where, settings))


def _export_places(where: str, settings: Settings) -> tuple[Path, Place]:
    """The directory for work in progress, and where what is finished goes."""
    return (_export_folder(settings), Objects(where)) if "://" in where else (Path(where), Directory(Path(where)))


def _export_folder(settings: Settings) -> Path:
    return settings.state / "exports"


def log_reader(settings: Settings) -> LogReader:
    """The decision log, for reading."""
    return LogReader(SqliteRowStore(_log_folder(settings)), LogKeys(_log_folder(settings)))


def log_keeper(settings: Settings) -> LogKeeper:
    """The decision log, for its operator."""
    folder = _log_folder(settings)
    return LogKeeper(SqliteRowStore(folder), LogKeys(folder), SystemClock(), user=operator())


def freezes(settings: Settings) -> FreezeFile:
    """What operators have frozen."""
    return FreezeFile(settings.state)


def _log_folder(settings: Settings) -> Path:
    return settings.state / "log"


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """What is open while we serve."""

    toolbox: Toolbox
    log: LogWriter
    records: DecisionLog
    """The log, to write to; with metrics, what is written is counted."""
    clock: Clock
    freezes: FreezeFile


@asynccontextmanager
async def toolbox(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    sandbox: Sandbox | None = None,
    source: PolicySource | None = None,
    clock: Clock | None = None,
) -> AsyncGenerator[Toolbox]:
    """The tools behind the gate alone; raises as ``opened`` does. Without a ``source`` the folder's policies decide."""
    files = source or policies(settings, sandbox=sandbox)
    async with opened(settings, environment, files, sandbox=sandbox, clock=clock) as found:
        yield found.toolbox


@asynccontextmanager
async def opened(  # noqa: PLR0913 - what may be given in place of the usual
    settings: Settings,
    environment: Mapping[str, str],
    source: PolicySource,
    *,
    sandbox: Sandbox | None = None,
    serving: Serving = ALL,
    clock: Clock | None = None,
    metrics: "Metrics | None" = None,
) -> AsyncGenerator[Opened]:
    """The tools behind the gate, with the log open. Raises ConfigurationError and LogUnavailableError."""
    clock = clock or SystemClock()
    frozen = freezes(settings)
    frozen.look()
    # check: the policies are narrowed to what the server serves
    source = Served(source, serving, frozen)
    found = sandbox.connections if sandbox else settings.connections
    if not found:
        raise ConfigurationError(
            "There is no connection to an upstream.",
            remedy=f"Run `crashgate init`. Or set {variables_that_connect()}, or add --sandbox to use invented data.",
        )
    connections = [open_connection(name, each, environment, sandbox) for name, each in found.items()]
    log = LogWriter.open(SqliteRowStore(_log_folder(settings)), clock)
    if log.passed_over:
        _log.warning("Chains %s do not end as they did: run crashgate log verify.", ", ".join(log.passed_over))
    if log.lost_head is not None:
        _log.warning(
            "The head of the chain %s was missing, so records after number %d may be gone: run crashgate log verify.",
            log.chain,
            log.lost_head.seq,
        )
    records = logged(metrics.counted(log) if metrics else log)
    counter = SqliteCounter(settings.state)
    try:
        async with (
            Network() as network,
            telling(settings.approvals, approvals(settings), network, clock) as asked,
        ):
            transport = InProcess(sandbox.app) if sandbox else network
            key = load_key(_log_folder(settings))
            connected = {} if sandbox else dict(found)
            keys = narrowing_keys(connected, {each.name: each.provider for each in connections})
            narrowed = Narrowed(source, keys, vocabulary(settings)) if keys else None
            turns = {each.name: Turns(find_budget(found[each.name])) for each in connections}
            if metrics:
                metrics.turns = turns
            gateway = Gateway(
                policies=narrowed or source,
                ledger=Ledger(
                    log=records,
                    clock=clock,
                    digest_key=key,
                    titles={each.provider.name: each.provider.title for each in connections},
                ),
                places=Places(clock),
                limiter=Limiter(counter=counter, clock=clock),
                approvals=Approvals(store=asked, clock=clock, digest_key=key),
                taint=UntrustedExposure(counter=counter, clock=clock),
                revocation=Revocation(tokens(settings)),
                upstreams={
                    each.name: Upstream(
                        connection=each,
                        transport=metrics.timed(transport, each.name) if metrics else transport,
                        turns=turns[each.name],
                        clock=clock,
                    )
                    for each in connections
                },
            )
            if narrowed is not None:
                await narrowed.find_projects(gateway, found, environment)
            tools = Toolbox(
                gateway=gateway,
                cursors=Cursors(clock),
                vocabulary=vocabulary(settings, sandbox=sandbox),
                connections={each.name: each.provider.name for each in connections},
                clock=clock,
                exports=exports(settings, clock, sandbox=sandbox),
                requests_per_call=settings.serve.requests_per_call,
            )
            yield Opened(toolbox=tools, log=log, records=records, clock=clock, freezes=frozen)
    finally:
        counter.close()
        await log.aclose()
