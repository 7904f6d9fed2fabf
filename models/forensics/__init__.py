"""How well the forensic tests point at known changes, and how often they accuse the innocent."""
