"""From scores to likelihood ratios, from likelihood ratios to an answer, or to abstention."""
