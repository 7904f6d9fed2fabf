"""Training the published networks at full size, by their papers' recipes, on people's own data."""
