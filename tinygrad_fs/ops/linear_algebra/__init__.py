"""Linear algebra: products, norms, decompositions and systems of equations."""
