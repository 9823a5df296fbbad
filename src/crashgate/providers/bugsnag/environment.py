"""The variables of the vendor's own MCP server (@smartbear/mcp 0.41.0), with the meaning that they have there."""

from urllib.parse import urlsplit

from crashgate.model.provider import EnvironmentVariables, ProjectKey
from crashgate.providers.bugsnag.organizations import LIST_ORGANIZATIONS
from crashgate.providers.bugsnag.projects import LIST_PROJECTS

_API = "https://api.bugsnag.com"
_HUB = "https://api.bugsnag.smartbear.com"
_HUB_KEY = "00000"


def find_url(endpoint: str, project_key: str) -> str:
    """The base URL. Addresses of the vendor's own hosts become those of its API; a key may say which of the two."""
    if not endpoint:
        return _HUB if project_key.startswith(_HUB_KEY) else _API
    host = urlsplit(endpoint).hostname or ""
    if host == "bugsnag.smartbear.com" or host.endswith(".bugsnag.smartbear.com"):
        return _HUB
    if host == "bugsnag.com" or host.endswith(".bugsnag.com"):
        return _API
    return endpoint


VARIABLES = EnvironmentVariables(
    token="BUGSNAG_AUTH_TOKEN",  # noqa: S106 - the name of a variable
    url="BUGSNAG_ENDPOINT",
    project_key=ProjectKey(
        variable="BUGSNAG_PROJECT_API_KEY",
        around=LIST_ORGANIZATIONS,
        operation=LIST_PROJECTS,
        parameter="organization_id",
        attribute="key_digest",
    ),
    find_url=find_url,
)
