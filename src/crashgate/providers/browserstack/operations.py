"""All operations of the provider, in one fixed order. Rule: whatever is not in here does not exist."""

from crashgate.model.operation import AnyOperation
from crashgate.providers.browserstack.new_sessions import NEW_SESSIONS
from crashgate.providers.browserstack.sessions import SESSIONS

BROWSERSTACK: tuple[AnyOperation, ...] = (*SESSIONS, *NEW_SESSIONS)
