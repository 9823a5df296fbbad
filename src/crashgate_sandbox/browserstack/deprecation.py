"""What Langfuse Cloud adds to answers that are going to end. Rule: switched on by a manner, never by default.

Source: docs/upstreams/browserstack.md#list-of-sessions.
"""

from crashgate_sandbox.browserstack.answers import JsonObject
from crashgate_sandbox.browserstack.manners import LangfuseManners

_NOTICE: JsonObject = {
    "message": "On Langfuse Cloud, Langfuse v3 is deprecated and this endpoint will be removed.",
    "replacement": (
        "GET /api/public/v2/observations?filter=<urlencoded sessionId filter>&fromStartTime=<from>&toStartTime=<to>"
    ),
    "docsUrl": "https://langfuse.com/docs/api-and-data-platform/features/observations-api",
    "sunsetAt": "2026-11-16",
}


def noted(body: JsonObject, manners: LangfuseManners) -> JsonObject:
    """``body``, with the notice where this server gives it."""
    return body | {"_deprecation": _NOTICE} if manners.deprecation else body
