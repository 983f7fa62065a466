"""Pages about participation, by noun."""
