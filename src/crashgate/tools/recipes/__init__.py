"""Tools that ask several operations, one file each. Rule: a recipe adds nothing that its operations could not say."""
