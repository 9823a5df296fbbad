"""What the fields of BrowserStack's answers mean that do not say so themselves, for the reference pages."""

from collections.abc import Mapping

FIELD_MEANINGS: Mapping[str, str] = {
    "traces": "the turns of the session",
    "traces.id": "id of the trace",
    "name": "its name",
    "at": "when it began",
    "user_id": "the app's id of its user",
    "session_id": "id of the session",
    "environment": "its environment",
    "release": "release of the app",
    "version": "version of the trace",
    "tags": "its labels",
    "input": "what went into the turn",
    "output": "what came out of it",
    "metadata": "whatever else the app adds",
    "public": "true: anybody with its address can read it",
    "bookmarked": "true: somebody marked it",
    "project_id": "id of the project",
    "created_at": "when it was stored",
    "updated_at": "when it was last changed",
    "trace_id": "id of the trace that was created",
    "traces_total": "how many traces the session has",
    "left_out": "what is missing, and where to get it",
    "not_shown": "how many traces are not shown",
}
