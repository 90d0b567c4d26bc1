"""The page for learners: a Gradio chat, and a reader for courses that are published nowhere."""

import os

# Gradio reads its switches when it is imported; nothing may leave the host.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
# After each event it would make statistics with pandas, which nobody looks at here.
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000000")
# For them it would keep of 10,000 events which tab they came from and when.
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
