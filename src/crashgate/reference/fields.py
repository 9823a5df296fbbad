"""The fields of answers: their form in JSON's words, where they are shown, whose text they hold, and what they mean."""

import re
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from crashgate.model.catalogue import Catalogue
from crashgate.model.composite import CompositeTool
from crashgate.model.export import Export
from crashgate.model.field_table import ResultField, Visibility, read_fields
from crashgate.model.operation import AnyOperation, Shape
from crashgate.model.own import OWN
from crashgate.model.provider import AnyTool, Provider
from crashgate.model.result import Result
from crashgate.model.tool import Tool
from crashgate.reference.markdown import code, codes, paragraphs, table
from crashgate.tools.exports import SUMMARY as EXPORT_SUMMARY
from crashgate.views.present import UNTRUSTED

BESIDE: Mapping[str, str] = {
    "next_cursor": "asks for the next page",
    "previous_cursor": "asks for the page before",
    "total": "how many rows there are in all, where the provider says so and none was left out",
    "not_shown": "how many rows did not fit into the answer, and how to get them",
    "read_as": "the moments in UTC that times such as `24h` were read as",
    "redacted": "the fields that the policy removed",
    "notice": "what else there is to know, such as rows that could not be read",
    "truncated": "true: the provider pages no deeper",
    "shortened": "the parts that were cut because they were too long",
    "left_out": "parts that are missing, each with the reason",
    "not_answered": "pivots that the provider did not answer, and what to do",
    "recording": "what is known of the recording as a whole",
    "console": "lines of the console",
}
"""What may stand beside or in any answer, and what it means."""

_SHOWN = {Visibility.ROW: "lists", Visibility.SUMMARY: "single objects", Visibility.FULL: '`detail` = "full"'}
_KINDS: Mapping[Any, str] = {str: "text", int: "whole number", float: "number", bool: "true or false", Any: "any JSON"}


def answer_section(tool: AnyTool, schema: Mapping[str, Any], catalogue: Catalogue) -> str:
    """What an answer of the tool holds: its key, and what may stand beside it."""
    name, kind = tool.holds
    links = " or ".join(_link(each, catalogue) for each in models_of(tool))
    whole, joined = ("a list", " of ") if kind == "array" else ("an object", ": ")
    properties: Mapping[str, Mapping[str, Any]] = schema["properties"]
    beside = [(code(each), BESIDE.get(each, "")) for each in properties if each != name]
    own = [(code(each), about) for each, about in added_fields(tool, catalogue).items()]
    return paragraphs(
        f"The answer has {code(name)}, {whole}{f'{joined}{links}' if links else ''}.",
        table((f"field of {code(name)}", "meaning"), own) if own else "",
        table((f"beside {code(name)}", "meaning"), beside) if beside else "",
    )


def added_fields(tool: AnyTool, catalogue: Catalogue) -> Mapping[str, str]:
    """What crashgate itself adds to the rows of a tool, with the meaning; that is empty where nobody says."""
    if isinstance(tool, CompositeTool):
        names = tool.shows
    elif isinstance(tool, Export):
        names = (*EXPORT_SUMMARY, "first_rows")
    else:
        added = (each.removeprefix(f"{UNTRUSTED}.") for each in tool.view.holds.added)
        names = (*added, *(() if models_of(tool) else tool.view.holds.fields))
    own = catalogue.providers[OWN].field_meanings
    known = dict(own)
    if not isinstance(tool, Export):
        known |= catalogue.providers[tool.operations[0].provider].field_meanings
    return {each: known.get(f"{tool.name}.{each}") or known.get(each, "") for each in names}


def _link(model: type[Result], catalogue: Catalogue) -> str:
    return f"[{model_title(model)}](#{anchor(heading(model, catalogue))})"


def model_title(model: type[Result]) -> str:
    """The name of a model in words: ``release group``."""
    words = "".join(f" {each.lower()}" if each.isupper() else each for each in model.__name__)
    return words.strip()


def heading(model: type[Result], catalogue: Catalogue) -> str:
    """Of the table of a model's fields; one of each provider may have the same name."""
    provider = _provider_of(model, catalogue)
    return f"Fields of {model_title(model)}{f' ({provider.title})' if provider else ''}"


def _provider_of(model: type[Result], catalogue: Catalogue) -> Provider | None:
    folder = model.__module__.rpartition(".")[0]
    return next((each for each in catalogue.providers.values() if _folder(each) == folder), None)


def _folder(provider: Provider) -> str:
    """The package that a provider's models are in."""
    answering = (each for each in provider.operations if each.shape is not Shape.EMPTY)
    return next((each.result.__module__.rpartition(".")[0] for each in answering), "")


def anchor(title: str) -> str:
    """The end of the address of a heading, as Markdown readers make it."""
    return re.sub(r"[^a-z0-9_ -]", "", title.lower()).replace(" ", "-")


def models_of(tool: AnyTool) -> tuple[type[Result], ...]:
    """The models of the rows that a tool of one operation a provider shows."""
    if not isinstance(tool, Tool) or tool.view.holds.visibility is None:
        return ()
    answering = (each for each in tool.operations if each.shape is not Shape.EMPTY and each.provider != OWN)
    found = dict.fromkeys(_model_of(tool, each) for each in answering)
    return tuple(each for each in found if read_fields(each))


def _model_of(tool: Tool, operation: AnyOperation) -> type[Result]:
    return tool.view.holds.inside.get(operation.result, operation.result)


def fields_section(model: type[Result], catalogue: Catalogue) -> str:
    """The table of a model's fields."""
    rows = [
        (code(path), form(each.kind), _SHOWN[shown], _marks(each), meaning(catalogue, model, path, each))
        for path, each, shown in _walk(read_fields(model), "", Visibility.ROW)
    ]
    return paragraphs(
        f"### {heading(model, catalogue)}", table(("field", "form", "shown in", "text and redaction", "meaning"), rows)
    )


def _walk(
    fields: Mapping[str, ResultField], above: str, least: Visibility
) -> Iterator[tuple[str, ResultField, Visibility]]:
    """Each field with its path and the least detail that shows it."""
    for each in fields.values():
        path, shown = f"{above}{each.shown}", max(least, each.visibility if not above else least)
        yield path, each, shown
        yield from _walk(each.below, f"{path}.", shown)


def _marks(each: ResultField) -> str:
    sets = codes(sorted({member.value for member, below in each.redacted if not below}))
    inner = codes(sorted({member.value for member, below in each.redacted if below}))
    text = "outsiders' text" if each.untrusted and each.of_the_app else "members' text" if each.untrusted else ""
    return "; ".join(filter(None, (text, sets, f"keys in {inner}" if inner else "")))


def meaning(catalogue: Catalogue, model: type[Result], path: str, field: ResultField) -> str:
    """What a field means; empty where nobody says."""
    if field.about:
        return field.about
    provider = _provider_of(model, catalogue)
    known: Mapping[str, str] = provider.field_meanings if provider is not None else {}
    return known.get(f"{model.__name__}.{path}") or known.get(path) or known.get(path.rpartition(".")[2], "")


def form(annotation: Any) -> str:  # noqa: ANN401 - a type, whatever it is
    """A type in JSON's words: ``list of text``."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return form(inside[0])
    if origin in {Union, UnionType}:
        return " or ".join(dict.fromkeys(form(each) for each in inside if each is not NoneType))
    if origin is tuple:
        return f"list of {form(inside[0])}"
    if origin is dict or origin is Mapping:
        return "object"
    if isinstance(annotation, type) and issubclass(annotation, Result):
        return "object"
    return _KINDS.get(annotation, "any JSON")
