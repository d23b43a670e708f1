"""Curves: polynomials, differences, interpolation, filters."""
