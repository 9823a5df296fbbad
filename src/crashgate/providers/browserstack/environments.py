"""Environments. Rule: the gate decides on the name, so what is not of the documented form is no name.

Langfuse keeps a name as it is when it is made of ``[a-z0-9_-]``, has 40 characters at most and does not begin with
``langfuse``; any other it mends or refuses, by its version (docs/upstreams/browserstack.md#environments).
"""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from crashgate.model.params import Logged, PatternHelp
from crashgate.model.result import Convert

DEFAULT_ENVIRONMENT = "default"
"""Where everything is that named no environment."""

_RESERVED = "langfuse"
ENVIRONMENT_PATTERN = r"^[a-z0-9_-]{1,40}$"
_MOST = 20
_matches = re.compile(ENVIRONMENT_PATTERN[1:-1]).fullmatch


def _known(value: Any) -> Any:  # noqa: ANN401 - any JSON may stand in an upstream answer
    return value if isinstance(value, str) and _matches(value) else None


def _not_reserved(name: str) -> str:
    if name.startswith(_RESERVED):
        raise ValueError(f"must not begin with {_RESERVED}: upstream would change the name")
    return name


def _several(value: Any) -> Any:  # noqa: ANN401 - whatever a caller gives
    return (value,) if isinstance(value, str) else value


EnvironmentName = Annotated[str | None, Convert(_known)]
"""In an answer; None for anything that is no name."""

Environment = Annotated[
    str,
    StringConstraints(pattern=ENVIRONMENT_PATTERN),
    PatternHelp(ENVIRONMENT_PATTERN, "must be a name of a-z, 0-9, hyphens and underscores, e.g. production"),
    Logged(),
]
"""To ask for; Langfuse's own environments, which begin with ``langfuse``, can be asked for too."""

Environments = Annotated[
    tuple[Environment, ...], Field(min_length=1, max_length=_MOST), BeforeValidator(_several), Logged()
]
"""One name or several; none at all would ask for everything."""

NewEnvironment = Annotated[Environment, AfterValidator(_not_reserved)]
"""To write to: only a name that every version keeps as it is, so that the one decided on is the one written to."""
