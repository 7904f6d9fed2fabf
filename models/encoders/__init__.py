"""How programs that can be run here lay out their JPEG files."""
