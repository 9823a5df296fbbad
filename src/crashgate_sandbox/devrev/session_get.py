"""``observability.sessions.get``. Rule: app, platform and session must go together, or there is no such session.

Nothing says what the vendor answers to a session of another app or platform; 404 tells least (G).
"""

from crashgate_sandbox.devrev.answers import JsonObject
from crashgate_sandbox.devrev.apps import PLATFORMS, Platform, app_of
from crashgate_sandbox.devrev.call import Call, Route
from crashgate_sandbox.devrev.sessions import session_json

_PATH = "/observability.sessions.get"
_FIELDS = ("platform", "session_id", "version_key")


def get_session(call: Call) -> JsonObject:
    """``{"session": …}``."""
    call.fields.allow(_FIELDS)
    platform = Platform(call.fields.word("platform", PLATFORMS))
    session_id, version_key = call.fields.text("session_id"), call.fields.text("version_key")
    return {"session": session_json(call.store.one(app_of(version_key), platform, session_id))}


ROUTES = (
    Route(method="GET", path=_PATH, handler=get_session),
    Route(method="POST", path=_PATH, handler=get_session),
)
