"""Forensic image analysis: traces of coding, sensors and editing."""
