"""Many values to one: sums, extremes, means, ranks, counts, running values."""
