"""Element by element: arithmetic, exponentials, angles, comparisons, choices, activations."""
