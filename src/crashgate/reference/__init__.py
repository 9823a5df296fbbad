"""The reference page, read off the catalogue and the toolbox. Rule: the same code gives the same bytes."""
