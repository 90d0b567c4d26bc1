"""What the server does ▶ what its operators see: metrics, probes, logs, and an orderly end.

:mod:`questions` counts and times each question, whichever way it came; :mod:`requests` gives each
request its id; :mod:`metrics` and :mod:`probes` tell who asks; :mod:`logs` says how lines look.
"""

from __future__ import annotations

from coursebot.web.watch.questions import Face, Watch, request_id_of, within

__all__ = ["Face", "Watch", "request_id_of", "within"]
