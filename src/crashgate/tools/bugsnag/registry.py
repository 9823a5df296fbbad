"""The tools over BugSnag in the order in which an agent is shown them. Rule: find, read, change, delete.

The first ones are what triage needs; clients that stop at about forty tools still show them.
"""

from crashgate.tools.bugsnag.collaborators import COLLABORATOR_TOOLS
from crashgate.tools.bugsnag.comments import COMMENT_TOOLS
from crashgate.tools.bugsnag.error_changes import ERROR_CHANGE_TOOLS
from crashgate.tools.bugsnag.errors import ERROR_TOOLS
from crashgate.tools.bugsnag.event_fields import EVENT_FIELD_TOOLS
from crashgate.tools.bugsnag.events import EVENT_TOOLS
from crashgate.tools.bugsnag.organizations import ORGANIZATION_TOOLS
from crashgate.tools.bugsnag.pivots import PIVOT_TOOLS
from crashgate.tools.bugsnag.projects import PROJECT_TOOLS
from crashgate.tools.bugsnag.releases import RELEASE_TOOLS
from crashgate.tools.bugsnag.saved_searches import SAVED_SEARCH_TOOLS
from crashgate.tools.bugsnag.trends import TREND_TOOLS
from crashgate.tools.tool import Tool

BUGSNAG_TOOLS: tuple[Tool, ...] = (
    *ERROR_TOOLS,
    *ERROR_CHANGE_TOOLS,
    *EVENT_TOOLS,
    *TREND_TOOLS,
    *PIVOT_TOOLS,
    *RELEASE_TOOLS,
    *PROJECT_TOOLS,
    *ORGANIZATION_TOOLS,
    *COMMENT_TOOLS,
    *COLLABORATOR_TOOLS,
    *EVENT_FIELD_TOOLS,
    *SAVED_SEARCH_TOOLS,
)
