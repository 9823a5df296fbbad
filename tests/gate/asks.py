"""A call of any operation that upstream can answer. Rule: every id in it is one that the played upstreams have."""

from crashgate.gate.call import Ask
from crashgate.model.operation import AnyOperation
from tests.gate.gate import IOS, principal
from tests.tools.played import HERE, WEB
from tests.upstream.test_path import some_params


def good_ask(operation: AnyOperation) -> Ask:
    """On the connection that is called like the operation's provider."""
    connection = operation.provider
    spot = WEB if operation.id == "devrev.developer_info.get" else HERE
    ids = {
        "project_id": "checkout-ios",
        "organization_id": "acme",
        "error_id": IOS.error,
        "event_id": IOS.event,
        "release_id": IOS.release,
        "comment_id": IOS.comment,
        "release_group_id": IOS.release_group,
        "saved_search_id": IOS.saved_search,
        "collaborator_id": IOS.person,
        "event_field_display_id": "os.version",
        "environment": spot.environment,
        "app_id": spot.app,
        "platform": spot.platform,
        "session_id": spot.run if connection == "devrev" else spot.chat,
        "recording_id": "rec-1",
        "span_group_id": "1.view_load.UIKit/CartViewController",
    }
    right = some_params(operation).model_dump(exclude_unset=True)
    given = {**right, **{name: value for name, value in ids.items() if name in operation.params.model_fields}}
    return Ask(principal=principal(), tool="a_tool", operation=operation, connection=connection, arguments=given)
