"""Layers: affine maps, norms, dropout, attention, recurrence."""
