"""Where exports go. Rule: where the operator says, and nowhere without that."""

from pathlib import Path

from crashgate.adapters.export_directory import directory_storage
from crashgate.adapters.export_objects import object_storage
from crashgate.adapters.export_parquet import Parquet
from crashgate.clock import Clock
from crashgate.exports.csv_lines import CsvLines
from crashgate.exports.exporter import Encoders, Exporter
from crashgate.exports.json_lines import JsonLines
from crashgate.exports.plan import Format
from crashgate.exports.shelf import ExportShelf
from crashgate.settings import Settings
from crashgate.tools.exports import Exports
from crashgate.wiring.sandbox import Sandbox


def exports(settings: Settings, clock: Clock, *, sandbox: Sandbox | None) -> Exports | None:
    """Where exports go, if anywhere; with a sandbox they are beside the log. Raises ExportError."""
    place = settings.exports or (str(settings.state / "exports") if sandbox else None)
    if place is None:
        return None
    storage = object_storage(place, settings.state / "exports") if "://" in place else directory_storage(Path(place))
    encoders: Encoders = {Format.JSONL: JsonLines, Format.CSV: CsvLines, Format.PARQUET: Parquet}
    exporter = Exporter(storage=storage, encoders=encoders, clock=clock)
    return Exports(exporter=exporter, shelf=ExportShelf(storage), clock=clock)
