"""The offline training package: corpora in, a bundle out. It builds on `models` alone."""
