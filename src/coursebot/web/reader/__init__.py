"""The courses as plain pages that work without a script, and as fragments for the page's pane.

Request ▶ :mod:`routes` ▶ what is shown (:mod:`catalog`, :mod:`marks`, :mod:`results`) ▶ HTML
(:mod:`fragments`, :mod:`shell`).
"""

from coursebot.web.reader.routes import router

__all__ = ["router"]
