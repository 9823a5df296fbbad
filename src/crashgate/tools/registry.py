"""Every tool, in the order in which agents are shown them. Rule: built in; nothing upstream adds one (row 8)."""

from collections.abc import Mapping
from types import MappingProxyType

from crashgate.tools.answers import AnyTool
from crashgate.tools.bugsnag.registry import BUGSNAG_TOOLS
from crashgate.tools.own import OWN_TOOLS
from crashgate.tools.own_exports import EXPORT_LIST
from crashgate.tools.recipes.compare_releases import COMPARE_RELEASES
from crashgate.tools.recipes.report_sessions import REPORT_SESSIONS_TOOL
from crashgate.tools.recipes.triage_error import TRIAGE_ERROR
from crashgate.tools.sessions.registry import SESSIONS_TOOLS

TOOLS: tuple[AnyTool, ...] = (
    *OWN_TOOLS,
    TRIAGE_ERROR,
    *BUGSNAG_TOOLS,
    COMPARE_RELEASES,
    REPORT_SESSIONS_TOOL,
    *SESSIONS_TOOLS,
    *EXPORT_LIST,
)
BY_NAME: Mapping[str, AnyTool] = MappingProxyType({tool.name: tool for tool in TOOLS})

if len(BY_NAME) != len(TOOLS):
    raise ValueError("two tools share a name")
