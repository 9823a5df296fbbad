"""The command line: one file a command. Rule: the only place that prints."""
