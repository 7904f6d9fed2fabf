"""The only code that knows CPython from Pyodide: inference, files, progress, cancellation."""
