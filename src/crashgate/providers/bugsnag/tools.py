"""The tools over BugSnag in the order in which an agent is shown them. Rule: find, read, change, delete.

The first ones are what triage needs; clients that stop at about forty tools still show them.
"""

from crashgate.model.export import Export
from crashgate.model.tool import Tool
from crashgate.providers.bugsnag.collaborators import COLLABORATOR_TOOLS
from crashgate.providers.bugsnag.comments import COMMENT_TOOLS
from crashgate.providers.bugsnag.error_change_tools import ERROR_CHANGE_TOOLS
from crashgate.providers.bugsnag.errors import ERROR_TOOLS
from crashgate.providers.bugsnag.events import EVENT_TOOLS
from crashgate.providers.bugsnag.exports import EXPORT_TOOLS
from crashgate.providers.bugsnag.organizations import ORGANIZATION_TOOLS
from crashgate.providers.bugsnag.pivots import PIVOT_TOOLS
from crashgate.providers.bugsnag.projects import PROJECT_TOOLS
from crashgate.providers.bugsnag.releases import EVENT_FIELD_TOOLS, RELEASE_TOOLS
from crashgate.providers.bugsnag.saved_searches import SAVED_SEARCH_TOOLS
from crashgate.providers.bugsnag.span_groups import SPAN_GROUP_TOOLS
from crashgate.providers.bugsnag.spans import SPAN_TOOLS
from crashgate.providers.bugsnag.trends import TREND_TOOLS

BUGSNAG_TOOLS: tuple[Tool | Export, ...] = (
    *ERROR_TOOLS,
    *ERROR_CHANGE_TOOLS,
    *EVENT_TOOLS,
    *TREND_TOOLS,
    *PIVOT_TOOLS,
    *RELEASE_TOOLS,
    *SPAN_GROUP_TOOLS,
    *SPAN_TOOLS,
    *PROJECT_TOOLS,
    *ORGANIZATION_TOOLS,
    *COMMENT_TOOLS,
    *COLLABORATOR_TOOLS,
    *EVENT_FIELD_TOOLS,
    *SAVED_SEARCH_TOOLS,
    *EXPORT_TOOLS,
)
