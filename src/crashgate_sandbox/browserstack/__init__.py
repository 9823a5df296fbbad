"""Sessions of BrowserStack AI Evals, which speaks as Langfuse does. Rule: what nobody could confirm is marked (G)."""
