"""What calibrates the verdict: pictures through the wild, scored by the shipped detectors."""
