"""Every tool, in the order in which agents are shown them. Rule: built in; nothing upstream adds one (row 8)."""

from collections.abc import Mapping
from types import MappingProxyType

from crashgate.model.provider import AnyTool
from crashgate.providers.registry import CATALOGUE
from crashgate.tools.own import EXPORT_LIST, OWN_TOOLS

TOOLS: tuple[AnyTool, ...] = (*OWN_TOOLS, *CATALOGUE.tools, *EXPORT_LIST)
BY_NAME: Mapping[str, AnyTool] = MappingProxyType({tool.name: tool for tool in TOOLS})

if len(BY_NAME) != len(TOOLS):
    raise ValueError("two tools share a name")
