"""Golden set and assistant ▶ a run: a folder with a row for each question."""
