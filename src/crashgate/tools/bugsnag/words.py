"""What several tools say or leave out alike. Rule: in one place, so that they stay alike."""

FILTERS = (
    'e.g. {"error.status": ["open", "for_review"], "event.since": "7d" or a UTC time, "os.version": {"type": "ne",'
    ' "value": "17.1"}}; keys: list_event_fields, search'
)
SAME_FILTERS = {"filters": "as in list_errors"}
NOT_OFFERED = frozenset({"base", "direction", "offset", "admin", "full_reports"})
"""Parameters that paging and the other tools make unnecessary."""
