"""Tools that answer a whole question in one call. They ask for capabilities of providers, and name no vendor."""

from crashgate.model.composite import CompositeTool
from crashgate.tools.composites.check_feature_flags import CHECK_FEATURE_FLAGS
from crashgate.tools.composites.compare_releases import COMPARE_RELEASES
from crashgate.tools.composites.find_sessions import FIND_SESSIONS_OF_A_CRASH
from crashgate.tools.composites.list_errors import LIST_ERRORS_ACROSS
from crashgate.tools.composites.locate_error import LOCATE_ERROR
from crashgate.tools.composites.triage_error import TRIAGE_ERROR
from crashgate.tools.composites.whats_new import WHATS_NEW

COMPOSITES: tuple[CompositeTool, ...] = (
    WHATS_NEW,
    TRIAGE_ERROR,
    LOCATE_ERROR,
    CHECK_FEATURE_FLAGS,
    COMPARE_RELEASES,
    FIND_SESSIONS_OF_A_CRASH,
)
"""In the order in which agents are shown them."""

ACROSS: tuple[CompositeTool, ...] = (LIST_ERRORS_ACROSS,)
"""What answers calls about several projects, each behind a provider's tool of the same name."""
