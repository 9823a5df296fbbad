"""The command line: one file a command in ``commands``. Rule: the only place that prints."""
