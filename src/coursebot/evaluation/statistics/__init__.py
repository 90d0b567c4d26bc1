"""Scores ▶ intervals and p-values."""
