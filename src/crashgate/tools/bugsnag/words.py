"""What several tools say or leave out alike. Rule: in one place, so that they stay alike."""

FILTERS = 'e.g. {"error.status": "open", "event.since": "7d"}; list_event_fields names the keys'
NOT_OFFERED = frozenset({"base", "direction", "offset", "admin", "full_reports"})
"""Parameters that paging and the other tools make unnecessary."""
