"""The commands, one file each. Rule: a file is named by the words that call it."""
