"""What several files of this provider share."""

REFERENCE = "https://developer.devrev.ai/api-reference/observability"
