"""Where crashes concentrate, as an agent sees it. Rule: a field that upstream did not answer is named."""

from dataclasses import replace

from crashgate.gateway.ask import Reply
from crashgate.tools.tool import Detail, Shown, View
from crashgate.tools.views.page import fields, rows

_rows = rows("pivots", fields("event_field_display_id", "cardinality", "list", "no_value", "other", "average"))
_REMEDY = 'list_event_fields with detail="full" tells by pivot_options which fields are pivots'


def _listed(reply: Reply, detail: Detail) -> Shown:
    """The pivots, and those of the asked that are none: upstream passes over them without a word."""
    shown = _rows(reply, detail)
    answered = {row.event_field_display_id for row in reply.page.rows}
    asked: tuple[str, ...] = getattr(reply.params, "pivots", None) or ()
    missing = [name for name in dict.fromkeys(asked) if name not in answered]
    # Where a name was redacted, nobody can tell which is missing.
    if not missing or None in answered:
        return shown
    content = {**shown.content, "not_answered": {"pivots": missing, "remedy": _REMEDY}}
    return replace(shown, content=content, text=f"{shown.text} Not answered: {len(missing)} of those asked for.")


listed = View(_listed, replace(_rows.holds, beside=(*_rows.holds.beside, "not_answered")))
