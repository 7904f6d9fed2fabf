"""The record of an analysis and its views."""
