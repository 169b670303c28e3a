"""Scores, the protocols they are taken by, and the benchmark that runs many methods."""
