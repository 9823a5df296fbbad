"""Where an error is in the repository: frames of the app as ``path:line``, and the revision that ran."""

from typing import Annotated, Any

from crashgate.model.capability import (
    LATEST_CODE,
    LIST_RELEASES,
    READ_ERROR,
    CodeFacts,
    FrameFacts,
    ReleaseFacts,
)
from crashgate.model.composite import CompositeTool, StepResult, Steps
from crashgate.model.params import In, ObjectId, Params, Ref
from crashgate.model.tool import Shown
from crashgate.sanitise import clean
from crashgate.views.present import UNTRUSTED
from crashgate.views.rows import noticed

_MOST_FRAMES = 6
_MOST_LINES = 7
_MOST_SYMBOLS = 3
_MOST_RELEASES = 10
_LONGEST = 160
_LONGEST_MESSAGE = 120


class LocateError(Params):
    """Which error."""

    project_id: Annotated[Ref, In.NOWHERE]
    error_id: Annotated[ObjectId, In.NOWHERE]


async def take_steps(steps: Steps, params: LocateError) -> Shown:
    """The frames of the error's latest event, the release that it ran, and what is missing to tell more."""
    named = {"project_id": params.project_id, "error_id": params.error_id}
    found = await steps.ask(LATEST_CODE, **named)
    if not found.rows:
        return Shown(content=noticed({"location": {}}), text=f"There is no event in {found.where} to locate.")
    code = found.rows[0]
    releases = None
    if code.version:
        releases = await steps.try_ask(
            "revision", LIST_RELEASES, project_id=params.project_id, stage=code.stage, until=code.at
        )
    release = _release_of(code, releases)
    error = await steps.try_ask("missing_symbols", READ_ERROR, **named) if code.misses_symbols else None
    symbols = error.rows[0].missing_symbols if error and error.rows else ()
    broken = {
        "error_class": _line(code.error_class),
        "message": _line(code.message, _LONGEST_MESSAGE),
        "frames": [_show_frame(each) for each in code.frames[:_MOST_FRAMES]],
        "source": [_line(each) for each in code.source[:_MOST_LINES]],
        "link": next((_line(each.link) for each in code.frames if each.path and each.link), None),
        "missing_symbols": [_line(each) for each in symbols[:_MOST_SYMBOLS]],
    }
    ran = {"version": _line(code.version), "stage": _line(code.stage), **({} if release is None else _source(release))}
    location: dict[str, Any] = {"event_id": code.id}
    for name, part in (("code", broken), ("release", ran)):
        if outside := {key: each for key, each in part.items() if each}:
            location[name] = {UNTRUSTED: outside}
    if len(code.frames) > _MOST_FRAMES:
        location["frames_not_shown"] = len(code.frames) - _MOST_FRAMES
    if warnings := _warnings(code, releases, release, symbols=len(symbols)):
        location["warnings"] = warnings
    if steps.left_out:
        location["left_out"] = steps.left_out
    return Shown(content=noticed({"location": location}), text=f"{_finding(code, release)} In {found.where}.")


def _release_of(code: CodeFacts, releases: StepResult[ReleaseFacts] | None) -> ReleaseFacts | None:
    """The release of the event's version and stage: of several the one of its build, else the newest out by then."""
    same = [
        each
        for each in (releases.rows if releases else ())
        if each.version == code.version and code.stage in {None, each.stage}
    ]
    same = [each for each in same if not {*code.builds}.isdisjoint(each.builds)] or same
    # Both are ISO 8601 in UTC, of which the seconds compare as texts.
    before = [each for each in same if (each.released_at or "")[:_SECONDS] <= (code.at or "~")[:_SECONDS]]
    return next(iter(before or same), None)


_SECONDS = len("2026-11-20T10:00:00")


def _source(release: ReleaseFacts) -> dict[str, Any]:
    return {
        "revision": _line(release.revision),
        "commit": _line(release.commit_url),
        "compare": _line(release.compare_url),
    }


def _show_frame(frame: FrameFacts) -> str:
    where = f"{frame.path or '?'}{f':{frame.line}' if frame.line else ''}"
    return _line(f"{where} {frame.method or ''}".rstrip())


def _warnings(
    code: CodeFacts, releases: StepResult[ReleaseFacts] | None, release: ReleaseFacts | None, *, symbols: int
) -> list[str]:
    """What is missing, so that nobody takes it for what there is."""
    found: list[str] = []
    unmapped = sum(1 for each in code.frames if not each.line or not each.path)
    served = sum(1 for each in code.frames if each.served)
    if code.misses_symbols:
        count = f" ({symbols})" if symbols else ""
        found.append(f"Symbols (dSYMs) of this crash are missing{count}: upload them to see files and lines.")
    elif unmapped and code.marked:
        found.append(f"{unmapped} of {len(code.frames)} frames have no file or line: symbols or a mapping are missing.")
    if served:
        found.append(f"{served} frames name files as browsers were served them: source maps are missing.")
    if any((each.path or "").startswith("/") for each in code.frames):
        found.append("Paths are absolute: their beginning may not be in the repository.")
    if not code.marked:
        found.append("Which frames are the app's is not known: these are all, as they come.")
    elif not code.frames:
        found.append("No frame is the app's own.")
    if not code.version:
        found.append("The event has no version, so its release is not known.")
    elif releases is not None and release is None:
        found.append(f"The event's version is none of the newest {_MOST_RELEASES} releases of its stage by then.")
    elif release is not None and not release.revision:
        found.append("The release has no revision: report it with the build.")
    return found


def _finding(code: CodeFacts, release: ReleaseFacts | None) -> str:
    """The finding in a sentence of ours: no text of outsiders."""
    frames = f"{len(code.frames)} frame{'' if len(code.frames) == 1 else 's'}{' of the app' if code.marked else ''}"
    return f"{frames}; the revision is {'known' if release and release.revision else 'not known'}."


def _line(text: str | None, longest: int = _LONGEST) -> str:
    return clean(text or "", limit=longest, lines=False)


LOCATE_ERROR = CompositeTool(
    name="locate_error",
    title="Locate an error in the code",
    description=(
        "Where in the repository is an error's latest crash? App frames as path:line, revision with commit and compare"
        " links, missing symbols."
    ),
    params=LocateError,
    first=LATEST_CODE,
    others=(LIST_RELEASES, READ_ERROR),
    take_steps=take_steps,
    holds=("location", "object"),
    shows=("event_id", "code", "release", "frames_not_shown", "warnings", "left_out"),
)
