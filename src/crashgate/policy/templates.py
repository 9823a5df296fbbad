"""A document together with the templates that it extends.

``extends = "templates/triage"`` names a file in the folder ``templates`` of the policy folder; a list names several. A
template may extend others. A name is looked up among the templates that exist and is never made into a path.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crashgate.errors import PolicyDocumentError
from crashgate.model.catalogue import Catalogue
from crashgate.policy.toml_positions import Path, parse
from crashgate.policy.wording import unknown, word
from crashgate.policy.words import Reading

FOLDER = "templates"
MOST_TEMPLATES = 20
"""More in one policy nobody could read together."""

Templates = Mapping[str, str | PolicyDocumentError]
"""By name (``templates/triage``) the text of each template that there is, or what is wrong with its file."""

_EXAMPLE = f'"{FOLDER}/triage"'


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The document, or with ``name`` a template: its text, what that says, and its reading."""

    name: str
    text: str
    data: Mapping[str, object]
    reading: Reading


def read_parts(text: str, *, source: str, catalogue: Catalogue, templates: Templates) -> list[Part]:
    """The document and then its templates, each once, however often it is named.

    What is wrong with ``extends`` or with a template stands among the problems of the readings. Raises
    PolicyDocumentError where the document itself is not TOML.
    """
    data, surveyed = parse(text, source=source)
    own = Part(name="", text=text, data=data, reading=Reading(source=source, surveyed=surveyed, catalogue=catalogue))
    parts = {"": own}
    _extend(own, (), parts, templates)
    return list(parts.values())


def _extend(part: Part, above: tuple[str, ...], parts: dict[str, Part], templates: Templates) -> None:
    """Add what ``part`` extends; ``above`` are the templates on the way to it, itself included."""
    for path, name in _names(part):
        # check: a template that extends itself is refused
        if name in above:
            way = " and then ".join(f"`{each}`" for each in above[above.index(name) + 1 :])
            part.reading.note(path, f"`{name}` extends itself{f' by way of {way}' if way else ''}; remove this")
        elif name not in templates:
            none = f"unknown template `{word(name)}`; there is none in the folder {FOLDER} beside the documents"
            part.reading.note(path, unknown("template", name, templates) if templates else none)
        elif name not in parts:
            # check: there is an end to the templates of a policy
            if len(parts) > MOST_TEMPLATES:
                part.reading.note(path, f"there are more than {MOST_TEMPLATES} templates in one policy")
                return
            template = _read(name, templates[name], part.reading)
            if template is not None:
                parts[name] = template
                _extend(template, (*above, name), parts, templates)


def _names(part: Part) -> Iterator[tuple[Path, str]]:
    value = part.data.get("extends")
    if isinstance(value, str):
        yield ("extends",), value
    elif "extends" in part.data:
        yield from part.reading.texts(("extends",), value, example=_EXAMPLE)


def _read(name: str, text: str | PolicyDocumentError, reading: Reading) -> Part | None:
    """The template of that name; None after its problems were added to those of the document that extends it."""
    source = f"{reading.source.partition('/')[0]}/{name}.toml"
    try:
        if isinstance(text, PolicyDocumentError):
            raise text
        data, surveyed = parse(text, source=source)
    except PolicyDocumentError as error:
        reading.problems.extend(error.problems)
        return None
    return Part(
        name=name,
        text=text,
        data=data,
        reading=Reading(source=source, surveyed=surveyed, catalogue=reading.catalogue),
    )
