"""The tool that lists crash groups. Rule: a group is what its provider calls one; BugSnag's are errors."""

from crashgate.catalogue.bugspulse.crashes import LIST_CRASHES
from crashgate.tools.tool import ByProvider, Tool
from crashgate.tools.views.fields import common
from crashgate.tools.views.page import rows

_LISTED = (
    "id", "message", "status", "is_fatal", "handled", "occurrence_count", "affected_devices",
    "platform", "app_version", "os_version", "first_seen_at", "last_seen_at",
)  # fmt: skip

CRASH_TOOLS = (
    Tool(
        name="list_crashes",
        title="List crashes",
        description="Groups of crashes with how often each came and on how many devices. Long messages are cut.",
        choice=ByProvider(of=(LIST_CRASHES,)),
        view=rows("crashes", common(*_LISTED)),
        holds=("crashes", "array"),
        pages=True,
    ),
)
