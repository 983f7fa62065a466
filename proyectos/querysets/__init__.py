"""Questions about plan, programme and works, split by noun."""
