"""The BugsPulse Export API. Rule: a row is a function of its number, so that a million cost no more than ten."""
