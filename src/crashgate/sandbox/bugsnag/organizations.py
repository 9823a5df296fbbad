"""Organizations. Rule: listing is relative to who asks; what they are not in does not exist."""

from datetime import timedelta

from starlette.responses import Response

from crashgate.sandbox.bugsnag.answers import JsonObject, json_answer
from crashgate.sandbox.bugsnag.call import Call, Route, millis_time
from crashgate.sandbox.bugsnag.paging import after, link, link_header, per_page
from crashgate.sandbox.world.accounts import Organization, Role


def list_organizations(call: Call) -> Response:
    """``GET /user/organizations``; one page carries neither Link nor total (C), more carry both (A O)."""
    rows = [one for one in call.world.organizations.values() if one.slug in call.person.roles]
    if call.flag("admin"):
        rows = [one for one in rows if call.person.roles[one.slug] is Role.ADMIN]
    size = per_page(call, most=100)
    _, rest = after(call, rows, [one.id for one in rows])
    page = rest[:size]
    headers: dict[str, str] = {}
    if len(rows) > size:
        following = link(call, {"offset[sort_field_offset]": page[-1].id}) if len(rest) > size else None
        headers = {"X-Total-Count": str(len(rows)), **link_header(next=following)}
    return json_answer([organization_json(call, one) for one in page], headers=headers)


def get_organization(call: Call) -> Response:
    """``GET /organizations/{organization_id}``."""
    return json_answer(organization_json(call, call.organization()))


def organization_json(call: Call, one: Organization) -> JsonObject:
    """The organization as the vendor shows it to a member."""
    return {
        "id": one.id,
        "name": one.name,
        "slug": one.slug,
        "api_key": one.api_key,
        "creator": {"id": one.creator.id, "name": one.creator.name, "email": one.creator.email},
        "created_at": millis_time(call.world.now - timedelta(days=one.age_days)),
        "updated_at": millis_time(call.world.now - timedelta(days=12)),
        "auto_upgrade": False,
        "upgrade_url": call.url(f"/settings/{one.slug}/plans-billing?plansBilling%5Bstep%5D=collaborators-and-events"),
        "can_start_pro_trial": False,
        "pro_trial_ends_at": None,
        "pro_trial_feature": False,
        "billing_emails": [f"billing@{one.slug}.example"],
        "managed_by_platform_services": False,
        "collaborators_url": call.url(f"/organizations/{one.id}/collaborators"),
        "projects_url": call.url(f"/organizations/{one.id}/projects"),
    }


ROUTES = (
    Route(method="GET", path="/user/organizations", handler=list_organizations),
    Route(method="GET", path="/organizations/{organization_id}", handler=get_organization),
)
