"""The tool that lists an app's requests. Rule: what the app saw of them; nothing is asked again."""

from crashgate.catalogue.bugspulse.network_logs import LIST_NETWORK_LOGS
from crashgate.catalogue.devrev.developer_info import GET_DEVELOPER_INFO, DeveloperInfo
from crashgate.tools.tool import ByProvider, Tool
from crashgate.tools.views import network_logs
from crashgate.tools.views.fields import by_model
from crashgate.tools.views.page import rows

NETWORK_LOG_TOOLS = (
    Tool(
        name="list_network_logs",
        title="List network logs",
        description="Requests that the app made, with status codes, durations in ms and errors. Long texts are cut.",
        choice=ByProvider(of=(LIST_NETWORK_LOGS, GET_DEVELOPER_INFO)),
        view=by_model({DeveloperInfo: network_logs.developer_info}, rows("network_logs", network_logs.row)),
        holds=("network_logs", "array"),
        notes={"tab_id": "one of the session's tab_ids in get_session"},
        pages=True,
        detailed=True,
    ),
)
