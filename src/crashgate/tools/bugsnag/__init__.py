"""The tools over BugSnag, one file a noun. Rule: one tool an action; its words say when to use it and what it costs."""
