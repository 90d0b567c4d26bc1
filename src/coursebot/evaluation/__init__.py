"""Golden set ▶ run ▶ comparison ▶ report: how well the assistant answers a course."""
