"""How a page is shown: as HTML from a template, or the same facts as JSON. Text is text in both, never markup."""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from crashgate.sanitise import clean

_LONGEST = 10_000
"""As long as a text that waits for approval can be."""

Facts = Mapping[str, Any]
"""What a page says: plain values that JSON has words for."""


def _cleaned(value: object) -> object:
    """Outsiders wrote some of these texts, and the store may have been altered."""
    # check: a text of a page is cleaned
    return clean(value, limit=_LONGEST) if isinstance(value, str) and not hasattr(value, "__html__") else value


def address(path: str, parameters: Mapping[str, str | None], **changes: str | None) -> str:
    """The path with these parameters, some of them changed; None leaves one out."""
    query = urlencode({name: value for name, value in {**parameters, **changes}.items() if value})
    return f"{path}?{query}" if query else path


def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("crashgate.console"),
        # check: a text of a page is escaped
        autoescape=True,
        finalize=_cleaned,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    cast("dict[str, Any]", found.globals)["address"] = address
    return found


_ENVIRONMENT = _environment()


def render(template: str, facts: Facts, *, path: str, form_key: str = "", status: int = 200) -> HTMLResponse:
    """A page. ``form_key`` is of the session; empty shows the page of somebody who is not signed in."""
    text = _ENVIRONMENT.get_template(template).render(facts=facts, path=path, form_key=form_key)
    return HTMLResponse(text, status_code=status)


def wrong(text: str, *, status: int = 400) -> HTTPException:
    """A request that cannot be answered, with what to do next."""
    return HTTPException(status, detail=text)
