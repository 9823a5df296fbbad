"""What several tools say or leave out alike. Rule: in one place, so that they stay alike."""

NOT_OFFERED = frozenset({"base", "direction", "offset", "admin", "full_reports"})
"""Parameters that paging and the other tools make unnecessary."""
