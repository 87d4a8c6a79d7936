"""The configurations of the paper and ours: from annotated texts to a bundle."""
