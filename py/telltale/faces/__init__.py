"""Faces: detection, landmarks, alignment, crops, quality."""
