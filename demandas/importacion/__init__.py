"""Demands from files: tables and submissions of mobile forms, read into the same rows and judged by the same rules."""
