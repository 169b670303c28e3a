"""Training (needs the ``train`` extra): recipes, synthetic pairs, losses, Lightning module, export."""
