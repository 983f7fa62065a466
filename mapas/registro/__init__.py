"""The record of changes as people read it: which changes belong to what, who made them, and what they say in words."""
