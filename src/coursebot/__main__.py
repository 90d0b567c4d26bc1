"""``python -m coursebot``: the command line."""

from coursebot.cli import main

if __name__ == "__main__":
    main()
