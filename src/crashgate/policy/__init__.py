"""What each agent may do, and the decision on one question. Rule: pure values and functions; no file, no clock."""
