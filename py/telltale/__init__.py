"""Telltale: examine pictures and videos for synthesis and manipulation, on your own device."""

__version__ = "0.1.0"
