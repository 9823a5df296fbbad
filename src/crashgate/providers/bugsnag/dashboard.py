"""The addresses of BugSnag's dashboard, as people copy them: ``https://app.bugsnag.com/acme/checkout/errors/ID``.

Their forms are those of the links in the vendor's webhooks: ``/account/ORGANIZATION``, ``/ORGANIZATION/PROJECT`` and
``/ORGANIZATION/PROJECT/errors/ERROR?event_id=EVENT``. Whatever follows a project beside errors is passed over.
"""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from crashgate.model.provider import DashboardLinks

_ACCOUNTS = frozenset({"account", "accounts", "organizations", "settings"})
"""First words of paths that are about an organization, whose slug follows."""


def read_link(url: str, base_url: str) -> Mapping[str, str] | None:
    """What the link names, by parameter; None where it is no link to the dashboard of the API at ``base_url``.

    The dashboard of ``api.bugsnag.com`` is ``app.bugsnag.com``; elsewhere it has the host of the API. Nothing that the
    link names is checked here.
    """
    link, api = urlsplit(url), urlsplit(base_url)
    host = (api.hostname or "").replace("api.", "app.", 1) if (api.hostname or "").startswith("api.") else api.hostname
    # check: a link to another host is not followed
    if not host or link.hostname != host or link.username is not None:
        return None
    path = link.path.removeprefix(api.path).strip("/").split("/")
    if path[0] in _ACCOUNTS:
        return {"organization_id": path[1]} if len(path) > 1 else {}
    names: dict[str, str] = dict(zip(("organization_id", "project_id"), filter(None, path), strict=False))
    match path[2:]:
        case ["errors", error, *_]:
            names["error_id"] = error
            if event := parse_qs(link.query, max_num_fields=20).get("event_id"):
                names["event_id"] = event[0]
        case _:
            pass
    return names


LINKS = DashboardLinks(
    parameters=("organization_id", "project_id", "error_id", "event_id"),
    read=read_link,
    example="https://app.bugsnag.com/acme/checkout-ios/errors/5f1a0c3d9e8b7a6655443322",
)
