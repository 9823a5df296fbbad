"""A person as the vendor shows one. Rule: how safe the account is stands beside the name, as upstream, for all to see.

Source: docs/upstreams/bugsnag.md#collaborators.
"""

from datetime import timedelta

from crashgate_sandbox.bugsnag.answers import JsonObject
from crashgate_sandbox.bugsnag.call import Call, millis_time
from crashgate_sandbox.world.accounts import Person, Role, team_id

_FAVOURITES = 2


def user_json(call: Call, one: Person) -> JsonObject:
    """A person as the author of something."""
    account = one.account
    return {
        "id": one.id,
        "name": one.name,
        "email": one.email,
        "two_factor_enabled": account.two_factor_days is not None,
        "two_factor_enabled_on": _days_ago(call, account.two_factor_days),
        "recovery_codes_remaining": account.recovery_codes,
        "password_updated_on": _days_ago(call, account.password_days),
        "show_time_in_utc": account.shows_utc,
        "projects_url": call.url(f"/users/{one.id}/projects"),
        "heroku": account.heroku,
        "created_at": _days_ago(call, account.joined_days),
        "favorite_project_ids": [
            project.id for project in call.world.projects.values() if call.world.sees(one, project)
        ][:_FAVOURITES],
        "managed_by_smartbear_id": account.smartbear,
    }


def collaborator_json(call: Call, one: Person, organization_id: str) -> JsonObject:
    """A person as a member of an organization, with every project of it that they see."""
    body = user_json(call, one)
    del body["favorite_project_ids"]
    role = one.roles[organization_id]
    projects = [
        project.id
        for project in call.world.projects.values()
        if project.organization_id == organization_id and call.world.sees(one, project)
    ]
    minutes = one.account.last_request_minutes
    return {
        **body,
        "is_admin": role is Role.ADMIN,
        "pending_invitation": one.account.pending,
        "last_request_at": None if minutes is None else millis_time(call.world.now - timedelta(minutes=minutes)),
        "project_ids": projects,
        "project_roles": dict.fromkeys(projects, "project_owner" if role is Role.ADMIN else "project_member"),
        "team_ids": [team_id(call.world.seed, organization_id)],
        "paid_for": one.account.paid_for,
    }


def _days_ago(call: Call, days: int | None) -> str | None:
    return None if days is None else millis_time(call.world.now - timedelta(days=days))
