"""What the file says about its own origin."""
