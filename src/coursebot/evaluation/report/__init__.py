"""Runs and comparisons ▶ tables, plots and one self-contained page.

A run ▶ :mod:`summary` (what is said of it, as plain records) ▶ :mod:`render` (HTML, by the
templates and :mod:`words`); its rows ▶ :mod:`data` (what the page's script reads).
"""

from coursebot.evaluation.report.render import comparison_html, run_html, write_report
from coursebot.evaluation.report.summary import Summary, summarise
from coursebot.evaluation.report.words import Say

__all__ = ["Say", "Summary", "comparison_html", "run_html", "summarise", "write_report"]
