"""Elements in other places: joined, repeated, sorted, cut out, padded."""
