"""``python -m crashgate`` is the same as the command ``crashgate``."""

from crashgate.cli.main import main

if __name__ == "__main__":
    main()
