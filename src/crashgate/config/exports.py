"""Where exports go. Rule: where the operator says, and nowhere without that."""

from pathlib import Path

from crashgate.clock import Clock
from crashgate.config.sandbox import Sandbox
from crashgate.config.settings import Settings
from crashgate.errors import ConfigurationError
from crashgate.exports.catalogue import ExportCatalogue
from crashgate.exports.exporter import Encoders, Exporter
from crashgate.exports.plan import Format
from crashgate.exports.port import Keeper
from crashgate.exports.text_formats import CsvLines, JsonLines
from crashgate.storage.export_objects import Objects
from crashgate.storage.export_pruning import ExportKeeper
from crashgate.storage.export_storage import Directory, ExportStorage, Place
from crashgate.storage.parquet import Parquet
from crashgate.tools.exports import Exports


def exports(settings: Settings, clock: Clock, *, sandbox: Sandbox | None) -> Exports | None:
    """Where exports go, if anywhere; with a sandbox they are beside the log. Raises ExportError."""
    where = settings.exports or (str(_beside(settings)) if sandbox else None)
    if where is None:
        return None
    storage = ExportStorage(*_places(where, settings))
    encoders: Encoders = {Format.JSONL: JsonLines, Format.CSV: CsvLines, Format.PARQUET: Parquet}
    exporter = Exporter(storage=storage, encoders=encoders, clock=clock)
    return Exports(exporter=exporter, catalogue=ExportCatalogue(storage), clock=clock)


def export_keeper(settings: Settings) -> Keeper:
    """What lists and removes exports. Raises ConfigurationError where there is no place for them, ExportError."""
    where = settings.exports
    if where is None:
        raise ConfigurationError(
            "No place for exports is configured.", remedy="Write `exports` in crashgate.toml, or give --at PLACE."
        )
    return ExportKeeper(*_places(where, settings))


def _places(where: str, settings: Settings) -> tuple[Path, Place]:
    """The directory for work in progress, and where what is finished goes."""
    return (_beside(settings), Objects(where)) if "://" in where else (Path(where), Directory(Path(where)))


def _beside(settings: Settings) -> Path:
    return settings.state / "exports"
