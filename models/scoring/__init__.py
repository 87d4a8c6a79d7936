"""From texts to predictions: Algorithm 2 of the paper, and the scorers that can be loaded by name."""
