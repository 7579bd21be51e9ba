"""Drills: the runbooks of docs/runbooks, played on a chain of their own, timed and checked."""
