"""Faults that are put into real processes, what was promised for each, and what came of it."""
