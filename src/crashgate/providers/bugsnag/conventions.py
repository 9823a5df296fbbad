"""What several files of this provider share."""

REFERENCE = "https://bugsnagapiv2.docs.apiary.io/#reference"
PERFORMANCE = "https://docs.bugsnag.com/api/data-access/"

NOT_OFFERED = frozenset({"base", "direction", "offset", "admin", "full_reports"})
"""Parameters that no tool offers, because paging and the other tools make them unnecessary."""
