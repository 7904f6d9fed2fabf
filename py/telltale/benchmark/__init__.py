"""The field's datasets as people have them on disk, and their papers' protocols."""
