"""All operations of the provider, in one fixed order. Rule: whatever is not in here does not exist."""

from crashgate.catalogue.browserstack.new_sessions import NEW_SESSIONS
from crashgate.catalogue.browserstack.sessions import SESSIONS
from crashgate.catalogue.operation import AnyOperation

BROWSERSTACK: tuple[AnyOperation, ...] = (*SESSIONS, *NEW_SESSIONS)
