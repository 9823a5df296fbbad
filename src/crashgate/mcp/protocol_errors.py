"""Errors outside tool results, in the protocol's form. Rule: an exception's own text never reaches a client."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

from mcp.shared.exceptions import MCPError
from mcp_types.jsonrpc import INTERNAL_ERROR, INVALID_PARAMS

from crashgate.errors import CrashgateError, InvalidArgumentsError, NotAvailableError

_log = logging.getLogger(__name__)

DEFECT = "A defect of crashgate; please report it."
FAILED = "crashgate itself failed."
TELL = "If it happens again, tell its operator."


@contextmanager
def defects_in_our_words() -> Generator[None]:
    """For the older era the SDK repeats an exception's text to the client, and that could be an upstream's (row 7)."""
    try:
        yield
    except MCPError:
        raise
    # check: a defect is told in our words
    except Exception as problem:
        _log.exception(DEFECT)
        raise MCPError(INTERNAL_ERROR, f"{FAILED} {TELL}") from problem


@contextmanager
def errors_in_the_protocol(uri: str | None = None) -> Generator[None]:
    """Where a result cannot say that it failed: our errors as the protocol's. ``uri`` is what the caller asked for."""
    try:
        yield
    except NotAvailableError as problem:
        raise MCPError(INVALID_PARAMS, "Resource not found", {"uri": uri} if uri is not None else None) from problem
    except InvalidArgumentsError as problem:
        raise MCPError(INVALID_PARAMS, str(problem)) from problem
    except CrashgateError as problem:
        raise MCPError(INTERNAL_ERROR, str(problem)) from problem
