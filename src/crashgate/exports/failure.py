"""What can go wrong with an export. What was stored so far stays, and the remedy says how to continue."""

from crashgate.errors import Code, CrashgateError, NotAvailableError


class ExportError(CrashgateError):
    """The export cannot be made, or not go on, as things are.

    The code says whose it is to mend: ``export_failed`` is about what is stored, ``configuration`` about where, and
    ``upstream_malformed`` about rows that are not as documented.
    """

    code = Code.EXPORT_FAILED


def not_available(export_id: str) -> NotAvailableError:
    """One answer for an export that does not exist and for one of another agent (THREATS row 21)."""
    return NotAvailableError(
        f"There is no export {export_id} for this agent.",
        why="It does not exist, or it was not made by this agent.",
        remedy="Ask for the list of exports, or make a new one.",
    )
