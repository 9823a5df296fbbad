"""BrowserStack AI Evals sessions, and Langfuse, whose interface it is. Rule: nothing here is BrowserStack's alone.

Sources: the vendor's page of the sessions interface, and https://api.reference.langfuse.com for what it leaves open.
"""

REFERENCE = "https://evals.browserstack.com/docs_v2/docs/api"
