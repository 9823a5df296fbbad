"""The project of the key, and whether the server is well. Rule: what the SDK's ``auth_check`` asks, and no more."""

from starlette.responses import Response

from crashgate_sandbox.browserstack.answers import json_answer
from crashgate_sandbox.browserstack.call import Call, Route
from crashgate_sandbox.browserstack.records import ORGANIZATION_ID, ORGANIZATION_NAME, PROJECT_ID, PROJECT_NAME

_VERSION = "3.192.0"


def list_projects(_call: Call) -> Response:
    """``GET /api/public/projects``."""
    organization = {"id": ORGANIZATION_ID, "name": ORGANIZATION_NAME}
    return json_answer(
        {"data": [{"id": PROJECT_ID, "name": PROJECT_NAME, "organization": organization, "metadata": {}}]}
    )


def health(_call: Call) -> Response:
    """``GET /api/public/health``, which needs no key."""
    return json_answer({"status": "OK", "version": _VERSION})


ROUTES = (
    Route(method="GET", path="/api/public/projects", handler=list_projects),
    Route(method="GET", path="/api/public/health", handler=health, open=True),
)
