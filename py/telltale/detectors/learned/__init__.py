"""The learned systems: networks trained for this project."""
