"""The prioritisation workbench: what is asked of it, the set it works on, and what comes out, ready for the pure rules."""
