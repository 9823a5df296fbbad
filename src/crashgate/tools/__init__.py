"""What an agent is shown and what it gets back. Rule: a tool is a value; everything it does goes through the door."""
