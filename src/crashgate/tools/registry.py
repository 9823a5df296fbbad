"""Every tool, in the order in which agents are shown them. Rule: built in; nothing upstream adds one (row 8)."""

from collections.abc import Mapping
from types import MappingProxyType

from crashgate.tools.bugsnag import BUGSNAG_TOOLS
from crashgate.tools.own import OWN_TOOLS
from crashgate.tools.tool import Tool

TOOLS: tuple[Tool, ...] = (*OWN_TOOLS, *BUGSNAG_TOOLS)
BY_NAME: Mapping[str, Tool] = MappingProxyType({tool.name: tool for tool in TOOLS})

if len(BY_NAME) != len(TOOLS):
    raise ValueError("two tools share a name")
