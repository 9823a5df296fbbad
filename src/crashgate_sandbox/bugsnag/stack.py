"""Exceptions, frames and threads of a full report. Rule: exceptions in snake case, threads in camel case, as upstream.

Source: docs/upstreams/bugsnag.md#shapes: recorded reports say ``error_class``, the document ``errorClass``.
"""

from random import Random
from uuid import UUID

from crashgate_sandbox.bugsnag.answers import JsonObject
from crashgate_sandbox.world.draw import object_id
from crashgate_sandbox.world.errors import Error
from crashgate_sandbox.world.occurrences import Occurrence
from crashgate_sandbox.world.platform import LibraryFrame, Place, Surface

_CAMEL = {
    "line_number": "lineNumber",
    "column_number": "columnNumber",
    "in_project": "inProject",
    "code_file": "codeFile",
    "address_offset": "addressOffset",
    "relative_address": "relativeAddress",
    "frame_address": "frameAddress",
}
_CALLERS = 3
_KNOWS_COLUMNS = frozenset({Surface.BROWSER, Surface.DESKTOP})
_REGISTERS = ("x0", "x1", "x29", "lr", "sp", "pc")


def exceptions_json(one: Occurrence, rng: Random) -> list[JsonObject]:
    """The exception, and the one that caused it where there is one."""
    error = one.error
    name = "error_class" if _says_error_class(error) else "errorClass"
    kind = (
        "browserjs" if error.project.plan.platform.surface is Surface.BROWSER else error.project.plan.platform.app_type
    )
    thrown: JsonObject = {
        name: error.kind.error_class,
        "message": error.message,
        "type": kind.lower(),
        "stacktrace": _frames(error, rng),
    }
    if error.kind.error_class in {"EXC_BAD_ACCESS", "SIGSEGV"}:
        values = [
            {"register_name": register, "register_value": f"0x{rng.getrandbits(36):016x}"} for register in _REGISTERS
        ]
        thrown["registers"] = [{"frame_index": 0, "register_values": values}]
    if error.kind.cause is None:
        return [thrown]
    cause_class, cause_message = error.kind.cause
    cause: JsonObject = {
        name: cause_class,
        "message": cause_message,
        "type": kind.lower(),
        "stacktrace": [_library_frame(error, frame, rng) for frame in error.project.plan.platform.above],
    }
    return [thrown, cause]


def threads_json(one: Occurrence, rng: Random) -> list[JsonObject]:
    """The other threads at that moment; the first one is the one that failed."""
    platform = one.error.project.plan.platform
    kind = {"ios": "cocoa", "android": "android"}.get(platform.type, "csharp")
    return [
        {
            "id": number + 1,
            "name": name,
            "type": kind,
            "state": "RUNNABLE" if number == 0 else rng.choice(("WAITING", "TIMED_WAITING")),
            "error_reporting_thread": number == 0,
            "stacktrace": [
                {_CAMEL.get(key, key): value for key, value in frame.items() if key != "macho_uuid"} | {"type": kind}
                for frame in _thread_frames(one.error, rng, failed=number == 0)
            ],
        }
        for number, name in enumerate(platform.threads)
    ]


def _says_error_class(error: Error) -> bool:
    return int(error.id[-1], 16) % 2 == 0


def _thread_frames(error: Error, rng: Random, *, failed: bool) -> list[JsonObject]:
    if failed:
        return _frames(error, rng)
    return [_library_frame(error, frame, rng) for frame in error.project.plan.platform.below[-4:]]


def _frames(error: Error, rng: Random) -> list[JsonObject]:
    """Library frames, the place that failed, its callers in the app, and the library frames below."""
    platform = error.project.plan.platform
    number = platform.places.index(error.place)
    callers = [platform.places[(number + step) % len(platform.places)] for step in range(1, _CALLERS)]
    return [
        *(_library_frame(error, frame, rng) for frame in platform.above),
        *(_own_frame(error, place, rng) for place in (error.place, *callers)),
        *(_library_frame(error, frame, rng) for frame in platform.below),
    ]


def misses_symbols(error: Error) -> bool:
    """Whether nobody uploaded the symbols of the app, so that its frames are addresses."""
    return error.project.plan.platform.type == "ios" and error.kind.error_class == "SIGABRT"


def _own_frame(error: Error, place: Place, rng: Random) -> JsonObject:
    if misses_symbols(error):
        # Which fields such a frame keeps is a guess (G).
        address = _address(error, place.file, rng)
        bare = {"line_number": None, "column_number": None, "code": None, "inlined": False}
        unlinked = {"source_control_link": None, "source_control_name": None}
        return {**address, **bare, **unlinked, "in_project": True, "file": "Checkout", "method": None}
    first = place.line - len(place.code) // 2
    plan = error.project.plan
    return {
        **_address(error, place.file, rng),
        "line_number": place.line,
        "column_number": str(rng.randrange(4, 60)) if plan.platform.surface in _KNOWS_COLUMNS else None,
        "in_project": True,
        "file": place.file,
        "method": place.method,
        "code": {str(first + place_in): text for place_in, text in enumerate(place.code)},
        "source_control_link": f"https://github.example/shop/{plan.slug}/blob/main/{place.file}#L{place.line}",
        "source_control_name": f"shop/{plan.slug}",
        "inlined": False,
    }


def _library_frame(error: Error, frame: LibraryFrame, rng: Random) -> JsonObject:
    return {
        **_address(error, frame.file, rng),
        "line_number": frame.line,
        "column_number": None,
        "in_project": None if _says_error_class(error) else False,
        "file": frame.file,
        "method": frame.method,
        "code": None,
        "source_control_link": None,
        "source_control_name": None,
        "inlined": False,
    }


def _address(error: Error, file: str, rng: Random) -> JsonObject:
    """Where the frame is in memory; only compiled phone apps say so."""
    if error.project.plan.platform.type != "ios":
        return {"macho_uuid": None}
    offset = rng.randrange(0x1000, 0xFFFFF)
    own = file.endswith(".swift")
    image = "Checkout.app/Checkout" if own else f"{file}.framework/{file}"
    return {
        "macho_uuid": str(UUID(hex=object_id(0, "image", image) + "0" * 8)).upper(),
        "code_file": f"/private/var/containers/Bundle/Application/{image}" if own else f"/System/Library/{image}",
        "address_offset": f"0x{offset & 0xFFF:x}",
        "relative_address": f"0x{offset:x}",
        "frame_address": f"0x{0x1_0400_0000 + offset:x}",
    }
