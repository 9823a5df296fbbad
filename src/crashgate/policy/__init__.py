"""What each agent may do, and the decision on one question: pure values and functions, with no file and no clock."""
