"""Signing in and out: the page, the sessions, and the ways of being known."""
