"""Dispatch: how a call finds its op, from operators, methods, NumPy's functions and names that only others have."""
