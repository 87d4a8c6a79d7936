"""Table 1 of the paper: all its configurations trained and scored, beside the paper's own figures."""
