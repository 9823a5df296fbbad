"""Every tool, in the order in which agents are shown them. Rule: built in; nothing upstream adds one (row 8)."""

from collections.abc import Mapping
from types import MappingProxyType

from crashgate.providers.bugsnag.tools import BUGSNAG_TOOLS
from crashgate.providers.bugsnag_sessions.report_sessions import REPORT_SESSIONS_TOOL
from crashgate.tools.answers import AnyTool
from crashgate.tools.compare_releases import COMPARE_RELEASES
from crashgate.tools.own import EXPORT_LIST, OWN_TOOLS
from crashgate.tools.sessions import SESSIONS_TOOLS
from crashgate.tools.triage_error import TRIAGE_ERROR

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
