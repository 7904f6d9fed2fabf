"""From bytes to pixels: hashing, decoding, container structure."""
