"""The tools over sessions, whoever keeps them. Rule: one name a tool, one operation a provider."""
