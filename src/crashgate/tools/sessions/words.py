"""What several of these tools say. Rule: said once."""

from collections.abc import Mapping

PERIOD: Mapping[str, str] = {"since": "a date, or a time with its zone", "until": "the same; a date counts as a whole"}

SORTED: Mapping[str, str] = {"sort_by": 'e.g. ["created_at:desc"]'}
