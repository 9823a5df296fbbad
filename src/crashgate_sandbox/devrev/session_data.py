"""``observability.sessions.data.get``. Rule: one recording or tab; its replay comes along unless it is declined.

The replay's own key and form are not shown anywhere; ``replay_data`` and its size are a guess (G), as is the name of a
web recording. A mobile session is asked for by ``recording_id``, a web session by ``tab_id``; the other counts as
missing (G).
"""

from base64 import b64encode

from crashgate.clock import timestamp
from crashgate_sandbox.devrev.answers import JsonObject
from crashgate_sandbox.devrev.apps import app_of
from crashgate_sandbox.devrev.call import Call, Route
from crashgate_sandbox.devrev.errors import not_found
from crashgate_sandbox.devrev.logs import log
from crashgate_sandbox.devrev.sessions import Session, device_json
from crashgate_sandbox.devrev.timeline import timeline

REPLAY_BYTES = 384 * 1024
"""Before Base64, which makes half a mebibyte of it."""
_FIELDS = ("session_id", "version_key", "recording_id", "tab_id", "include_replay_data")


def get_session_data(call: Call) -> JsonObject:
    """What was recorded in one part of a session."""
    call.fields.allow(_FIELDS)
    session_id, version_key = call.fields.text("session_id"), call.fields.text("version_key")
    recording_id, tab_id = call.fields.optional_text("recording_id"), call.fields.optional_text("tab_id")
    replay = call.fields.flag("include_replay_data")
    if recording_id is None and tab_id is None:
        call.fields.text("recording_id")
    session = call.store.on_any_platform(app_of(version_key), session_id)
    part = call.fields.text("tab_id" if session.is_web else "recording_id")
    if part not in session.parts:
        raise not_found()
    answer = _data_json(session, part)
    return answer if replay is False else {**answer, "replay_data": _replay(session, part)}


def _data_json(session: Session, part: str) -> JsonObject:
    shown: JsonObject = {
        "recording": "web_recording" if session.is_web else "mobile_recording",
        "available_ram": session.rng("ram", part).randrange(session.ram // 8, session.ram),
        "created_at": timestamp(session.created_at),
        "device_metadata": device_json(session),
        "recording_events_timeline": timeline(session, part),
    }
    if session.is_web:
        return shown
    launch = session.rng("launch", part)
    last = part == session.parts[-1]
    text = log(session) if last else None
    return {
        **shown,
        "app_launch": {
            "launch_time_ms": launch.randrange(180, 4200),
            "launch_type": "cold" if part == session.parts[0] else "warm",
        },
        "observability_sessions_log_data": {
            "is_anr": session.is_anr and last,
            "is_crash": session.is_crash and last,
            **({} if text is None else {"value": text}),
        },
    }


def _replay(session: Session, part: str) -> str:
    return b64encode(session.rng("replay", part).randbytes(REPLAY_BYTES)).decode()


ROUTES = (Route(method="POST", path="/observability.sessions.data.get", handler=get_session_data),)
