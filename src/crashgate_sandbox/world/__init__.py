"""The invented world that the sandbox answers from. Rule: no vendor's field names here, only facts."""
