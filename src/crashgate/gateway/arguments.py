"""A caller's arguments, read by the operation's own type. Rule: an error names the parameter, the rule and an example.

What the caller wrote is never repeated: it may be anything.
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from crashgate.catalogue.browserstack.environments import ENVIRONMENT_PATTERN
from crashgate.catalogue.bugsnag.filters import DEFAULT_FIELDS
from crashgate.catalogue.devrev.apps import APP_PATTERN
from crashgate.catalogue.moments import MOMENT_PATTERN
from crashgate.catalogue.operation import P
from crashgate.catalogue.params import OBJECT_ID_PATTERN, SLUG_PATTERN
from crashgate.catalogue.session_ids import SESSION_ID_PATTERN
from crashgate.errors import InvalidArgumentsError

_EXAMPLES = {
    "filters": '{"error.status": "open", "event.since": "7d"}',
    "reopen_rules": '{"reopen_if": "occurs_after", "seconds": 3600}',
    "issue_url": "https://github.com/acme/app/issues/1",
    "base": "2026-11-20T10:00:00Z",
}
_PATTERNS = {
    OBJECT_ID_PATTERN: "must be 24 hexadecimal digits (0-9, a-f), e.g. 5f1a0c3d9e8b7a6655443322",
    SLUG_PATTERN: "must be an id of 24 hexadecimal digits or a slug, e.g. checkout-ios",
    MOMENT_PATTERN: "must be a date, or a time with its zone, e.g. 2026-11-20 or 2026-11-20T10:00:00Z",
    SESSION_ID_PATTERN: "must be one line of 1 to 200 characters, as list_sessions gives it",
    APP_PATTERN: "must be the id of an app, e.g. com.acme.checkout",
    ENVIRONMENT_PATTERN: "must be a name of a-z, 0-9, hyphens and underscores, e.g. production",
}
_RULES = {
    "missing": "is required",
    "too_short": "must have at least 1 item",
    "extra_forbidden": "has a part that does not belong there",
}
_MOST_TOLD = 5


def read(params: type[P], arguments: Mapping[str, Any], *, shown: Sequence[str] = ()) -> P:
    """The parameters. Raises InvalidArgumentsError that tells every rule broken, five at most.

    ``shown`` are the names that the caller is shown, where those are not all of them.
    """
    try:
        return params.model_validate(dict(arguments))
    except ValidationError as problem:
        known = tuple(params.model_fields)
        causes = _causes(problem.errors(include_url=False, include_input=False))
        told = [_told(error, known, tuple(shown) or known) for error in causes]
        raise InvalidArgumentsError(
            "; ".join(dict.fromkeys(told[:_MOST_TOLD])) + ".", remedy="Nothing was sent. Mend it and call again."
        ) from None


def foreign(shown: Sequence[str]) -> str:
    """The words about an argument that is none of the tool's, which are ``shown``."""
    return f"there is an argument that this tool does not take; it takes {', '.join(shown)}"


def unknown_filters(names: Sequence[str]) -> InvalidArgumentsError:
    """The error for filter fields that the project does not have; upstream would ignore them and answer unfiltered."""
    hints = [hint for name in names for hint in difflib.get_close_matches(name, DEFAULT_FIELDS, n=1, cutoff=0.5)]
    nearest = f" Did you mean {' or '.join(dict.fromkeys(hints))}?" if hints else ""
    return InvalidArgumentsError(
        f"filters: {len(names)} field name{'s' if len(names) > 1 else ''} not known in this project.{nearest}",
        why="BugSnag ignores unknown fields and would answer unfiltered.",
        remedy="list_event_fields names the fields. Nothing was sent.",
    )


def _causes(errors: Sequence[ErrorDetails]) -> Sequence[ErrorDetails]:
    """The errors without those that follow from another: a list with a bad item counts as one item shorter."""
    inside = {error["loc"][:1] for error in errors if len(error["loc"]) > 1}
    return [error for error in errors if error["type"] != "too_short" or error["loc"] not in inside]


def _told(error: ErrorDetails, known: tuple[str, ...], shown: tuple[str, ...]) -> str:
    location = [str(part) for part in error["loc"]]
    name = location[0] if location else ""
    if error["type"] == "extra_forbidden" and len(location) == 1:
        return foreign(shown)
    where = name if name in known else "arguments"
    example = f", e.g. {_EXAMPLES[name]}" if name in _EXAMPLES else ""
    if where == "arguments" and error["type"] == "value_error":
        return _rule(error)  # a rule over several parameters names them itself
    return f"{where} {_rule(error)}{example}"


def _rule(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "missing" | "too_short" | "extra_forbidden":
            return _RULES[error["type"]]
        case "string_pattern_mismatch":
            return _PATTERNS.get(str(context.get("pattern")), "has characters that are not allowed")
        case "literal_error" | "enum":
            return f"must be one of {context.get('expected')}"
        case "value_error":
            return str(context.get("error"))
        case _:
            # pydantic's own words for a rule ("Input should be less than or equal to 100") hold no input.
            return error["msg"].replace("Input should", "should").replace("String should", "should")
