"""What several files of this provider share."""

REFERENCE = "https://evals.browserstack.com/docs_v2/docs/api"
