"""What an answer holds, as JSON Schema. Rule: every field of a row is named, read off what the views show.

The names stand in a description. As properties, each with its type, they would cost the triage agent about 750 tokens
more in every conversation (decision 0018). ``COMMON`` may stand beside the rows of any answer.
"""

from collections.abc import Mapping

from crashgate.model.composite import CompositeTool
from crashgate.model.export import Export
from crashgate.model.field_table import read_fields, shown_fields
from crashgate.model.operation import Cursors, Numbered, Shape
from crashgate.model.provider import AnyTool
from crashgate.model.result import Result
from crashgate.model.tool import Holds, Tool
from crashgate.tools.exports import SUMMARY
from crashgate.tools.parameters import Schema
from crashgate.views.present import UNTRUSTED

ABOUT_PROJECTS = ("totals", "left_out", "projects_not_reached", "projects_complete")
"""What an answer about several projects says beside its rows."""

COMMON = ("notice", "not_shown", "read_as", "redacted", "shortened", "truncated", *ABOUT_PROJECTS)
_BESIDE: Mapping[str, Schema] = {
    "total": {"type": "integer"},
    "not_answered": {"type": "object", "description": "pivots, remedy"},
    "recording": {"type": "object", "description": "of the recording as a whole"},
    "console": {"type": "array", "items": {"type": "object", "description": "type, at, and text under untrusted"}},
}
"""What stands beside the rows of single tools."""


def output_schema(tool: AnyTool) -> Schema:
    """The answer's one key with the fields of what stands there, and what may stand beside it.

    Nothing is required: an answer that is an error has ``error`` in its place.
    """
    name, kind = tool.holds
    whole: Schema = {"type": "object", "description": _fields(tool)}
    properties: Schema = {name: {"type": "array", "items": whole} if kind == "array" else whole}
    if isinstance(tool, Tool):
        properties |= {each: _BESIDE[each] for each in tool.view.holds.beside}
        if tool.pages:
            properties["next_cursor"] = {"type": "string"}
            if any(isinstance(operation.paging, Numbered | Cursors) for operation in tool.operations):
                properties["previous_cursor"] = {"type": "string"}
    elif isinstance(tool, CompositeTool) and tool.pages:
        properties["next_cursor"] = {"type": "string"}
    return {"type": "object", "properties": properties}


def _fields(tool: AnyTool) -> str:
    """The names in words: ``id, status; untrusted: message``."""
    match tool:
        case CompositeTool(shows=shows):
            return ", ".join(shows)
        case Export():
            return ", ".join((*SUMMARY, "first_rows"))
        case Tool(view=view):
            answering = (each.result for each in tool.operations if each.shape is not Shape.EMPTY)
            models = tuple(dict.fromkeys(view.holds.inside.get(each, each) for each in answering))
            ours, outside = _sorted(view.holds, models)
            return "; ".join([", ".join(ours), *([f"{UNTRUSTED}: {', '.join(outside)}"] if outside else [])])


def _sorted(holds: Holds, models: tuple[type[Result], ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of what is ours to say, and of what outsiders wrote."""
    inside = [each for each in holds.added if not each.startswith(f"{UNTRUSTED}.")]
    outside = [each.partition(".")[2] for each in holds.added if each.startswith(f"{UNTRUSTED}.")]
    for model in models:
        shown = () if holds.visibility is None else shown_fields(model, holds.visibility)
        for name in dict.fromkeys((*shown, *(each for each in holds.fields if each in read_fields(model)))):
            each = read_fields(model)[name]
            (outside if each.untrusted else inside).append(each.shown)
    return tuple(dict.fromkeys(inside)), tuple(dict.fromkeys(outside))
