"""What composite tools ask of an event: where in the app's code it broke, and which feature flags were on."""

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any, cast

from crashgate.model.capability import CodeFacts, FrameFacts
from crashgate.providers.bugsnag.event import Event, Frame, Thrown, as_object, source_lines

_MOST_LINES = 20
"""Of source; upstream gives seven."""


def flags(event: Event) -> tuple[tuple[str, str | None], ...]:
    """The feature flags of an event, each with its variant where it has one."""
    found = cast("list[Any]", event.feature_flags) if isinstance(event.feature_flags, list) else []
    rows = [cast("Mapping[str, Any]", each) for each in found if isinstance(each, Mapping)]
    return tuple(
        (name, variant if isinstance(variant := each.get("variant_name"), str) else None)
        for each in rows
        if isinstance(name := each.get("feature_flag_name"), str)
    )


def locate(event: Event) -> CodeFacts:
    """Where the event broke in the app's code; of all exceptions of the chain, the outermost first."""
    every = [frame for each in event.exceptions for frame in each.stacktrace]
    own = [frame for frame in every if frame.in_project]
    unknown = [frame for frame in every if frame.in_project is None]
    app, first = as_object(event.app), event.exceptions[0] if event.exceptions else Thrown()
    lines = next((found for each in event.exceptions if (found := source_lines(each))), None) or {}
    return CodeFacts(
        id=event.id,
        frames=tuple(map(_frame_facts, own or unknown)),
        marked=bool(own) or not unknown,
        error_class=first.error_class,
        message=first.message,
        source=tuple(f"{line}: {text}" for line, text in islice(lines.items(), _MOST_LINES)),
        version=_text(app.get("version")),
        builds=tuple(str(each) for name in ("versionCode", "bundleVersion") if (each := app.get(name))),
        stage=_text(app.get("releaseStage")),
        at=event.received_at,
        misses_symbols=event.missing_dsym is True,
    )


def _frame_facts(frame: Frame) -> FrameFacts:
    path, served = _repository_path(frame.file or "")
    line = frame.line_number
    return FrameFacts(
        path=path or None,
        line=None if line is None else str(line),
        method=frame.method,
        link=frame.source_control_link,
        served=served,
    )


_scheme = re.compile(r"([a-z][a-z0-9+.-]*)://[^/?#]*/").match


def _repository_path(file: str) -> tuple[str, bool]:
    """The file without what is no part of a path in a repository, and whether it is one that a browser was served."""
    file = file.replace("\\", "/")
    found = _scheme(file)
    name = found[1] if found is not None else ""
    # Of webpack://app/./src/a.ts?1f2e nothing but src/a.ts is in a repository.
    path = file if found is None or name == "file" else file[found.end() :]
    return re.split(r"[?#]", path, maxsplit=1)[0].removeprefix("file://").removeprefix("./"), name.startswith("http")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
