"""The tools over releases, their groups and stability. Rule: a share is told only where there were sessions."""

from crashgate.catalogue.bugsnag.release_groups import GET_RELEASE_GROUP, LIST_RELEASE_GROUPS, UPDATE_RELEASE_GROUP
from crashgate.catalogue.bugsnag.releases import GET_RELEASE, LIST_RELEASES
from crashgate.catalogue.bugsnag.stability_trend import GET_STABILITY_TREND
from crashgate.tools.bugsnag.words import NOT_OFFERED
from crashgate.tools.tool import Always, Tool
from crashgate.tools.views import releases
from crashgate.tools.views.one import created, one
from crashgate.tools.views.page import rows

RELEASE_TOOLS = (
    Tool(
        name="list_releases",
        title="List releases",
        description="Releases, newest first, with errors introduced and session stability.",
        choice=Always(operation=LIST_RELEASES),
        view=rows("releases", releases.release),
        holds=("releases", "array"),
        hidden=NOT_OFFERED,
        pages=True,
    ),
    Tool(
        name="get_release",
        title="Get a release",
        description="Read one release: version, source control, errors, sessions.",
        choice=Always(operation=GET_RELEASE),
        view=one("release", releases.release),
        holds=("release", "object"),
        detailed=True,
    ),
    Tool(
        name="list_release_groups",
        title="List release groups",
        description="Versions on one stage, builds taken together.",
        example={"project_id": "checkout-ios", "release_stage_name": "production"},
        choice=Always(operation=LIST_RELEASE_GROUPS),
        view=rows("release_groups", releases.release_group),
        holds=("release_groups", "array"),
        pages=True,
    ),
    Tool(
        name="get_release_group",
        title="Get a release group",
        description=("Read one release group."),
        choice=Always(operation=GET_RELEASE_GROUP),
        view=one("release_group", releases.release_group),
        holds=("release_group", "object"),
        detailed=True,
    ),
    Tool(
        name="update_release_group",
        title="Show or hide a release group",
        description=("Show or hide a release group in the dashboard."),
        choice=Always(operation=UPDATE_RELEASE_GROUP),
        view=created("release_group", "Changed"),
        holds=("release_group", "object"),
    ),
    Tool(
        name="get_stability_trend",
        title="Get the stability trend",
        description="Daily sessions and crash-free share, 30 days, of the primary release stage.",
        choice=Always(operation=GET_STABILITY_TREND),
        view=one("stability_trend", releases.trend),
        holds=("stability_trend", "object"),
    ),
)
