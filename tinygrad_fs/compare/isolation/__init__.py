"""Running other people's code again and again with the same result, and leaving nothing behind."""
