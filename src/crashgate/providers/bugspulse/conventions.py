"""What several files of this provider share."""

REFERENCE = "https://www.bugspulse.com/docs/api/export"
MOST_ROWS = 1_000
"""Rows a page, the vendor's own limit; 100 where nothing is asked for."""
