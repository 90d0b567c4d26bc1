"""Serve the page at http://127.0.0.1:7860: ``python app.py`` (or ``coursebot serve``)."""

from coursebot.cli import main

if __name__ == "__main__":
    main(["serve", "--build"])
