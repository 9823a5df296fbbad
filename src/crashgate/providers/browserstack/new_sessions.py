"""Making a session: a trace that names it is sent. Rule: the trace is always a new one, so nothing is written over.

There is no other way to make one. An id of a trace would update the trace that has it, so a caller gives none. What was
taken in cannot be read at once, but some seconds later (docs/upstreams/browserstack.md#ingestion).
"""

import json
import re
from typing import Annotated, Any, Self

from pydantic import (
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic_core import from_json

from crashgate.model.access import Access
from crashgate.model.operation import EventBatch, Operation, Shape, Wording
from crashgate.model.params import In, Logged, Params, SessionId, Wire
from crashgate.model.result import Convert, From, Result
from crashgate.model.scope import EnvironmentNamed
from crashgate.providers.browserstack.conventions import REFERENCE
from crashgate.providers.browserstack.environments import DEFAULT_ENVIRONMENT, NewEnvironment
from crashgate.sanitise import clean

LARGEST_DATA = 3_000_000
"""Bytes of ``input``, ``output`` and ``metadata`` together; a batch may have 3.5 MB, at BrowserStack 5 MB."""

LONGEST_NAME = 1_000
MOST_TAGS = 50
_LONGEST_ID = 200

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_made_by_us = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


def _trace_id(value: object) -> object:
    return value if isinstance(value, str) and _made_by_us(value) else None


class CreateSession(Params):
    """Parameters of a session's trace; the session is made with the first trace that names it.

    A name of an environment that upstream would change is refused, and so is a session id that would not be found again
    as it was written.
    """

    session_id: Annotated[SessionId, In.BODY, Wire("sessionId")]
    name: Annotated[str, In.BODY, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
    environment: Annotated[NewEnvironment, In.BODY, Logged()] = DEFAULT_ENVIRONMENT
    user_id: Annotated[Text | None, In.BODY, Wire("userId")] = None
    input: Annotated[Any, In.BODY] = None
    output: Annotated[Any, In.BODY] = None
    metadata: Annotated[Any, In.BODY] = None
    tags: Annotated[tuple[Text, ...] | None, In.BODY, Field(max_length=MOST_TAGS)] = None
    release: Annotated[Text | None, In.BODY] = None
    version: Annotated[Text | None, In.BODY] = None

    @field_validator("session_id")
    @classmethod
    def _found_again(cls, given: str) -> str:
        """The gate compares the id with that of an answer, which has been cleaned (THREATS row 14)."""
        if clean(given, limit=_LONGEST_ID, lines=False) != given:
            raise ValueError("must hold visible characters only")
        return given

    @model_validator(mode="after")
    def _fits_in_a_batch(self) -> Self:
        # Instead of ``JsonValue``, which calls Python for each item (THREATS row 36).
        data = [self.input, self.output, self.metadata]
        try:
            text = json.dumps(data, allow_nan=False)
            plain = from_json(text) == data
        except (TypeError, ValueError, RecursionError):
            plain, text = False, ""
        if not plain:
            raise ValueError("input, output and metadata must be plain JSON")
        if len(text) > LARGEST_DATA:
            raise ValueError(f"input, output and metadata must have {LARGEST_DATA} bytes at most, all together")
        return self


class NewTrace(Result):
    """What came of it. ``trace_id`` is the id that we gave the trace, as the answer repeats it."""

    trace_id: Annotated[str | None, From("successes.0.id"), Convert(_trace_id)] = None


CREATE_SESSION = Operation(
    id="browserstack.sessions.create",
    provider="browserstack",
    resource="session",
    access=Access.WRITE,
    method="POST",
    path="/api/public/ingestion",
    scope=EnvironmentNamed(environment="environment", object="session_id", read="browserstack.sessions.get"),
    params=CreateSession,
    result=NewTrace,
    shape=Shape.ONE,
    wording=Wording(verb="create", past="created", target="session {session_id}"),
    envelope=EventBatch(type="trace-create"),
    idempotent=False,
    source=f"{REFERENCE}/ingestion/",
)

NEW_SESSIONS = (CREATE_SESSION,)
