"""Subtask 1c: from a span to the Preferred Terms that it may mean, by classes, by names, or by both."""
