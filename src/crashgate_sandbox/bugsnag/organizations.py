"""Organizations. Rule: listing is relative to who asks; what they are not in does not exist.

Source: docs/upstreams/bugsnag.md#organizations.
"""

from dataclasses import replace
from datetime import timedelta

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, RefusedError, json_answer, no_content
from crashgate_sandbox.bugsnag.body import flag_field, text_field, texts_field
from crashgate_sandbox.bugsnag.call import Call, Route, millis_time
from crashgate_sandbox.bugsnag.paging import after, link, link_header, per_page
from crashgate_sandbox.world.accounts import Organization, Role


def list_organizations(call: Call) -> Response:
    """``GET /user/organizations``; one page carries neither Link nor total (C), more carry both (A O)."""
    rows = [one for one in call.world.organizations.values() if one.id in call.person.roles]
    if call.flag("admin"):
        rows = [one for one in rows if call.person.roles[one.id] is Role.ADMIN]
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


def create_organization(call: Call) -> Response:
    """``POST /organizations``: 200, not 201 (C). A recorded token was refused; all successes used Basic."""
    if not call.manners.tokens_create_organizations or Role.ADMIN not in call.person.roles.values():
        raise RefusedError(400, "User Token authenticated users cannot create organization")
    made = call.world.create_organization(text_field(call.json(), "name"), call.person)
    return json_answer(organization_json(call, made))


def update_organization(call: Call) -> Response:
    """``PATCH /organizations/{organization_id}``; name and ``auto_upgrade`` must both be there (O)."""
    found = call.organization()
    call.require_administrator(found.id)
    body = call.json()
    changed = replace(found, name=text_field(body, "name"), auto_upgrade=flag_field(body, "auto_upgrade"))
    if "billing_emails" in body:
        changed = replace(changed, billing_emails=texts_field(body, "billing_emails"))
    if "invoice_address" in body:
        changed = replace(changed, invoice_address=str(body["invoice_address"]))
    return json_answer(organization_json(call, call.world.change_organization(changed)))


def delete_organization(call: Call) -> Response:
    """``DELETE /organizations/{organization_id}``: gone, with every project in it."""
    found = call.organization()
    call.require_administrator(found.id)
    call.world.delete_organization(found)
    return no_content()


def organization_json(call: Call, one: Organization) -> JsonObject:
    """The organization as the vendor shows it to a member; an invoice address is taken and never shown (C)."""
    return {
        "id": one.id,
        "name": one.name,
        "slug": one.slug,
        "api_key": one.api_key,
        "creator": {"id": one.creator.id, "name": one.creator.name, "email": one.creator.email},
        "created_at": millis_time(call.world.now - timedelta(days=one.age_days)),
        "updated_at": millis_time(call.world.now - timedelta(days=one.updated_days)),
        "auto_upgrade": one.auto_upgrade,
        "upgrade_url": call.url(f"/settings/{one.slug}/plans-billing?plansBilling%5Bstep%5D=collaborators-and-events"),
        "can_start_pro_trial": False,
        "pro_trial_ends_at": None,
        "pro_trial_feature": False,
        "billing_emails": list(one.billing_emails),
        "managed_by_platform_services": False,
        "collaborators_url": call.url(f"/organizations/{one.id}/collaborators"),
        "projects_url": call.url(f"/organizations/{one.id}/projects"),
    }


ROUTES = (
    Route(method="GET", path="/user/organizations", handler=list_organizations),
    Route(method="POST", path="/organizations", handler=create_organization),
    Route(method="GET", path="/organizations/{organization_id}", handler=get_organization),
    Route(method="PATCH", path="/organizations/{organization_id}", handler=update_organization),
    Route(method="DELETE", path="/organizations/{organization_id}", handler=delete_organization),
)
