"""Expected and actual ▶ verdicts, metrics and failure reasons."""
