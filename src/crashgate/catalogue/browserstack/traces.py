"""Traces: what happened in a session, one turn each. Rule: whoever sends them writes all of it but the times.

A trace is no resource of its own: it is read with its session, and sending one with a session's id makes the session.
"""

from typing import Annotated

from pydantic import Field

from crashgate.catalogue.browserstack.environments import EnvironmentName
from crashgate.catalogue.moments import At
from crashgate.catalogue.result import Many, Result, Slug, Untrusted, UntrustedData, UntrustedMark


class Trace(Result):
    """One trace; ``at`` is the time that its sender gave it, ``created_at`` when it came in."""

    id: Untrusted
    name: Untrusted | None = None
    at: At = Field(default=None, validation_alias="timestamp")
    user_id: Untrusted | None = Field(default=None, validation_alias="userId")
    session_id: Untrusted | None = Field(default=None, validation_alias="sessionId")
    environment: EnvironmentName = None
    release: Untrusted | None = None
    version: Untrusted | None = None
    tags: Annotated[Many[str], UntrustedMark()] = ()
    metadata: UntrustedData = None
    input: UntrustedData = None
    output: UntrustedData = None
    public: bool | None = None
    bookmarked: bool | None = None
    project_id: Slug = Field(default=None, validation_alias="projectId")
    created_at: At = Field(default=None, validation_alias="createdAt")
    updated_at: At = Field(default=None, validation_alias="updatedAt")
