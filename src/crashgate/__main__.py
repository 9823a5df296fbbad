"""``python -m crashgate``. Rule: the same as the command."""

from crashgate.cli.main import main

if __name__ == "__main__":
    main()
