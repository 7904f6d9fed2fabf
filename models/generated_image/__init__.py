"""Training and evaluation of the `generated_image` model."""
