"""What two or more detectors share, one small module per thing."""
