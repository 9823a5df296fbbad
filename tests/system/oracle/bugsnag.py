"""BugSnag in the oracle. Source: https://bugsnagapiv2.docs.apiary.io."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from random import Random
from shutil import copytree
from typing import Any

from crashgate.audit.record import DecisionRecord
from tests.house import EXAMPLES, write_policies
from tests.system.oracle.request import Arrived, Request, Table
from tests.system.served import Site

REQUESTS: Mapping[str, str] = {
    "bugsnag.organizations.list": "GET /user/organizations",
    "bugsnag.organizations.get": "GET /organizations/{organization_id}",
    "bugsnag.projects.list": "GET /organizations/{organization_id}/projects",
    "bugsnag.projects.get": "GET /projects/{project_id}",
    "bugsnag.errors.list": "GET /projects/{project_id}/errors",
    "bugsnag.errors.export": "GET /projects/{project_id}/errors",
    "bugsnag.events.export": "GET /projects/{project_id}/events",
    "bugsnag.errors.get": "GET /projects/{project_id}/errors/{error_id}",
    "bugsnag.errors.delete": "DELETE /projects/{project_id}/errors/{error_id}",
    **dict.fromkeys(
        (
            f"bugsnag.errors.{change}"
            for change in (
                "fix", "open", "ignore", "snooze", "assign", "override_severity", "link_issue", "unlink_issue",
                "undiscard", "discard",
            )
        ),
        "PATCH /projects/{project_id}/errors/{error_id}",
    ),
    **dict.fromkeys(
        (f"bugsnag.errors.{change}_many" for change in ("fix", "ignore", "discard", "delete")),
        "PATCH /projects/{project_id}/errors",
    ),
    "bugsnag.comments.list": "GET /projects/{project_id}/errors/{error_id}/comments",
    "bugsnag.comments.create": "POST /projects/{project_id}/errors/{error_id}/comments",
    "bugsnag.comments.delete": "DELETE /comments/{comment_id}",
    "bugsnag.pivots.list_on_error": "GET /projects/{project_id}/errors/{error_id}/pivots",
    "bugsnag.pivots.list_on_project": "GET /projects/{project_id}/pivots",
    "bugsnag.pivots.list_values_on_project": "GET /projects/{project_id}/pivots/feature_flag.seen_in/values",
    "bugsnag.release_groups.get": "GET /release_groups/{release_group_id}",
    "bugsnag.saved_searches.list": "GET /projects/{project_id}/saved_searches",
    "bugsnag.collaborators.list_on_project": "GET /projects/{project_id}/collaborators",
    "bugsnag.events.list_on_error": "GET /projects/{project_id}/errors/{error_id}/events",
    "bugsnag.events.list_on_project": "GET /projects/{project_id}/events",
    "bugsnag.events.get": "GET /projects/{project_id}/events/{event_id}",
    "bugsnag.events.get_latest": "GET /errors/{error_id}/latest_event",
    "bugsnag.trends.get_on_error": "GET /projects/{project_id}/errors/{error_id}/trend",
    "bugsnag.trends.get_on_project": "GET /projects/{project_id}/trend",
    "bugsnag.releases.list": "GET /projects/{project_id}/releases",
    "bugsnag.releases.get": "GET /projects/{project_id}/releases/{release_id}",
    "bugsnag.stability_trend.get": "GET /projects/{project_id}/stability_trend",
    "bugsnag.event_fields.list": "GET /projects/{project_id}/event_fields",
}  # fmt: skip

BODIES: Mapping[str, str] = {
    **{
        f"bugsnag.errors.{change}": f'{{"operation":"{change}"}}'
        for change in ("fix", "open", "ignore", "unlink_issue", "undiscard", "discard")
    },
    **{
        f"bugsnag.errors.{change}_many": f'{{"operation":"{change}"}}'
        for change in ("fix", "ignore", "discard", "delete")
    },
    "bugsnag.comments.create": '{"message":"Seen."}',
    "bugsnag.errors.snooze": '{"operation":"snooze","reopen_rules":{"reopen_if":"occurs_after","seconds":60}}',
    "bugsnag.errors.assign": f'{{"operation":"assign","assigned_team_id":"{"a" * 24}"}}',
    "bugsnag.errors.override_severity": '{"operation":"override_severity","severity":"info"}',
    "bugsnag.errors.link_issue": '{"operation":"link_issue","issue_url":"https://tracker.example/browse/X-1"}',
}
"""What a change says of itself in its body, where one route does several things. The sandbox keeps its SHA-256."""

TOOLS = (
    "my_access", "list_organizations", "list_projects", "get_project", "list_errors", "get_error", "list_events",
    "get_event", "get_trend", "list_releases", "get_release", "get_stability_trend",
    "list_event_fields", "resolve_error", "update_error", "discard_error", "delete_error", "no_such_tool",
    "triage_error", "locate_error", "check_feature_flags", "list_comments", "create_comment",
    "delete_comment", "list_pivots", "get_release_group", "list_saved_searches", "list_collaborators",
    "compare_releases",
)  # fmt: skip
RESOURCES = (
    "project", "error", "event", "event_field", "trend", "release", "stability_trend", "comment", "pivot",
    "release_group", "saved_search", "collaborator",
)  # fmt: skip


def _told(record: DecisionRecord) -> Request:
    names = {name: str(value) for name, value in record.arguments.items()}
    line = REQUESTS[record.operation or ""]
    # What is told in words is what was sent: the project of the record is the one in the path.
    assert "{project_id}" not in line or record.project == names["project_id"]
    body = BODIES.get(record.operation or "")
    return Request(line=line.format_map(names), body=body and sha256(body.encode()).hexdigest())


def _heard(arrived: Arrived) -> Request:
    """Without the query: the log shows no filters."""
    return Request(line=arrived.line, body=arrived.received.body_sha256)


def _page(arrived: Arrived) -> str:
    """BugSnag's next page has a query of its own."""
    return arrived.received.query


TABLE = Table(operations=frozenset(REQUESTS), told=_told, heard=_heard, page=_page)


class BugSnagAgent:
    """A random agent's random calls: right ones, wrong ones, and ones that are nobody's business."""

    def __init__(self, site: Site, draw: Random) -> None:
        self._site, self._draw = site, draw
        self._cursors: list[str] = []

    def call(self) -> tuple[str, dict[str, Any]]:
        """A tool and arguments."""
        draw, tool = self._draw, self._draw.choice(TOOLS)
        project = draw.choice(list(self._site.world.projects.values()))
        other = draw.choice(list(self._site.world.projects.values())) if draw.random() < 0.2 else project
        errors = self._site.world.errors_of(other.id)
        error = draw.choice(errors)
        arguments: dict[str, Any] = {
            "project_id": draw.choice([project.id, project.plan.slug, project.plan.slug, "nowhere", "f" * 24]),
            "organization_id": draw.choice([project.organization_id, project.plan.organization, "nowhere"]),
            "error_id": draw.choice([error.id, error.id, error.id, "f" * 24]),
            "event_id": draw.choice([self._site.world.occurrences(error)[0].id, "e" * 24]),
            "error_ids": [each.id for each in draw.sample(errors, 2)],
            "comment_id": draw.choice(
                [*(each.id for one in errors[:20] for each in self._site.world.comments.on(one.id)), "c" * 24]
            ),
            "release_group_id": draw.choice([each.id for each in self._site.world.release_groups(other)[:2]]),
            "message": "Seen.",
            "release_id": draw.choice([*(each.id for each in self._site.world.releases(other)[:2]), "d" * 24]),
        }
        wanted = {
            "list_projects": ["organization_id"],
            "get_error": ["project_id", "error_id"],
            "get_event": ["project_id", "event_id"],
            "get_release": ["project_id", "release_id"],
            "resolve_error": ["project_id", "error_id"],
            "update_error": ["project_id", "error_id"],
            "discard_error": ["project_id", "error_id"],
            "delete_error": ["project_id", "error_id"],
            "triage_error": ["project_id", "error_id"],
            "locate_error": ["project_id", "error_id"],
            "check_feature_flags": ["project_id", "error_id"],
            "list_comments": ["project_id", "error_id"],
            "create_comment": ["project_id", "error_id", "message"],
            "delete_comment": ["project_id", "error_id", "comment_id"],
            "get_release_group": ["project_id", "release_group_id"],
            "compare_releases": ["project_id", "release_id"],
        }.get(tool, [] if tool in {"my_access", "list_organizations", "no_such_tool"} else ["project_id"])
        if tool in {"list_events", "get_trend", "list_pivots"} and draw.random() < 0.5:
            wanted = ["project_id", "error_id"]
        if tool == "get_event" and draw.random() < 0.5:
            wanted = ["project_id", "error_id"]
        if tool == "update_error" and draw.random() < 0.5:
            wanted = ["project_id", "error_ids"]
        given = {name: arguments[name] for name in wanted}
        if tool == "compare_releases":
            given = {"project_id": given["project_id"], "release": given["release_id"]}
        return tool, given | self._more(tool)

    def _more(self, tool: str) -> dict[str, Any]:
        draw, more = self._draw, dict[str, Any]()
        if tool == "update_error":
            more |= draw.choice(
                [
                    {"operation": "open"},
                    {"operation": "ignore"},
                    {"operation": "snooze", "reopen_rules": {"reopen_if": "occurs_after", "seconds": 60}},
                    {"operation": "assign", "assigned_team_id": "a" * 24},
                    {"operation": "override_severity", "severity": "info"},
                    {"operation": "link_issue", "issue_url": "https://tracker.example/browse/X-1"},
                    {"operation": "unlink_issue"},
                    {"operation": "undiscard"},
                    {"operation": "fix"},
                    {"operation": "discard"},
                    {"operation": "delete"},
                    {"operation": "drop"},
                    {},
                ]
            )
        if tool in {"list_errors", "list_events"} and draw.random() < 0.3:
            more["filters"] = draw.choice([{"error.status": "open"}, {"no.such.field": "x"}, {"user.id": "1"}])
        if self._cursors and draw.random() < 0.2:
            more["cursor"] = draw.choice(self._cursors)
        if draw.random() < 0.05:
            more["surprise"] = True
        return more

    def saw(self, content: Mapping[str, Any]) -> None:
        """Keep a cursor, to come back with it."""
        if "next_cursor" in content:
            self._cursors.append(content["next_cursor"])


def policies(folder: Path, draw: Random) -> Path:
    """The example policies and three that chance wrote."""
    documents: dict[str, str] = {}
    for number in range(3):
        lines: list[str] = []
        for _ in range(draw.randint(1, 3)):
            projects = draw.sample(["checkout-*", "checkout-ios", "*-api", "*", "storefront-web"], draw.randint(1, 2))
            lines += ["[[grant]]", 'connection = "bugsnag"', f"projects = {projects}".replace("'", '"')]
            if draw.random() < 0.4:
                lines.append(f'organizations = ["{draw.choice(["acme", "globex", "*"])}"]')
            chosen = draw.sample(RESOURCES, draw.randint(1, 5))
            lines += [f'access.{name} = "{draw.choice(["off", "read", "write", "full"])}"' for name in chosen]
        documents[f"chance-{number}"] = "\n".join(lines)
    written = write_policies(folder, documents)
    for example in EXAMPLES.glob("*.toml"):
        copy = written / example.name
        copy.write_bytes(example.read_bytes())
        copy.chmod(0o600)
    copytree(EXAMPLES / "templates", written / "templates")
    return written
