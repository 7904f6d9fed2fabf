"""Signals of a living face."""
