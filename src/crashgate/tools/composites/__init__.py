"""Tools that answer a whole question in one call. They ask for capabilities of providers, and name no vendor."""

from crashgate.model.composite import CompositeTool
from crashgate.tools.composites.compare_releases import COMPARE_RELEASES
from crashgate.tools.composites.triage_error import TRIAGE_ERROR

COMPOSITES: tuple[CompositeTool, ...] = (TRIAGE_ERROR, COMPARE_RELEASES)
"""In the order in which agents are shown them."""
