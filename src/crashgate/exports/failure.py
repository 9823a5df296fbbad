"""What can go wrong with an export. Rule: what was stored so far stays, and the remedy says how to go on."""

from crashgate.errors import ConfigurationError, NotAvailableError


class ExportError(ConfigurationError):
    """The export cannot be made, or not go on, as things are; the operator or the caller has to change something."""


def not_available(export_id: str) -> NotAvailableError:
    """One answer for an export that does not exist and for one of another agent (THREATS row 21)."""
    return NotAvailableError(
        f"There is no export {export_id} for this agent.",
        why="It does not exist, or it was not made by this agent.",
        remedy="Ask for the list of exports, or make a new one.",
    )
