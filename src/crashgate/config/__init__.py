"""The settings, and the wiring that builds the program from them."""
