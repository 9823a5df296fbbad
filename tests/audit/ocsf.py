"""A part of the Open Cybersecurity Schema Framework as JSON Schema. Rule: written from the schema, not from our code.

Source: the class api_activity, the profile security_control and the objects that they name, as the project
ocsf/ocsf-schema publishes them; the numbers of ``disposition_id`` are those of https://schema.ocsf.io/1.3.0. Only
what we may send is listed, and everything else is refused, so that a name which the schema does not have shows.
"""

from typing import Any

_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}


def _object(required: str = "", **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON Schema
    return {"type": "object", "additionalProperties": False, "required": required.split(), "properties": properties}


_USER = _object(name=_TEXT, uid=_TEXT, type=_TEXT, type_id={"enum": [0, 1, 2, 3, 99]})
_POLICY = _object(name=_TEXT, uid=_TEXT, desc=_TEXT, version=_TEXT)

API_ACTIVITY: dict[str, Any] = _object(
    "activity_id actor api category_uid class_uid metadata severity_id src_endpoint time type_uid",
    activity_id={"enum": [0, 1, 2, 3, 4, 99]},
    activity_name=_TEXT,
    action=_TEXT,
    action_id={"enum": [0, 1, 2, 99]},
    actor=_object(app_name=_TEXT, user=_USER),
    api=_object(
        "operation",
        operation=_TEXT,
        service=_object(name=_TEXT, uid=_TEXT, version=_TEXT),
        request=_object("uid", uid=_TEXT),
        response=_object(code=_NUMBER, error=_TEXT, message=_TEXT),
    ),
    authorizations={"type": "array", "items": _object(decision=_TEXT, policy=_POLICY)},
    category_name={"const": "Application Activity"},
    category_uid={"const": 6},
    class_name={"const": "API Activity"},
    class_uid={"const": 6003},
    count=_NUMBER,
    disposition=_TEXT,
    disposition_id={"enum": [*range(28), 99]},
    duration=_NUMBER,
    end_time=_NUMBER,
    message=_TEXT,
    metadata=_object(
        "product version",
        correlation_uid=_TEXT,
        event_code=_TEXT,
        log_name=_TEXT,
        original_time=_TEXT,
        product=_object("vendor_name", name=_TEXT, vendor_name=_TEXT, version=_TEXT),
        profiles={"type": "array", "items": {"enum": ["security_control"]}},
        sequence=_NUMBER,
        uid=_TEXT,
        version={"const": "1.3.0"},
    ),
    resources={
        "type": "array",
        "items": _object(
            group=_object(name=_TEXT, uid=_TEXT),
            name=_TEXT,
            type=_TEXT,
            uid=_TEXT,
            labels={"type": "array", "items": _TEXT},
        ),
    },
    severity=_TEXT,
    severity_id={"enum": [0, 1, 2, 3, 4, 5, 6, 99]},
    src_endpoint=_object(svc_name=_TEXT),
    start_time=_NUMBER,
    status=_TEXT,
    status_code=_TEXT,
    status_detail=_TEXT,
    status_id={"enum": [0, 1, 2, 99]},
    time=_NUMBER,
    type_name=_TEXT,
    type_uid={"enum": [600300, 600301, 600302, 600303, 600304, 600399]},
    unmapped={"type": "object"},
)
