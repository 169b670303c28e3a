"""Training, which needs the ``train`` extra: recipes, synthetic pairs, losses, runs, export."""
