"""Pages that write about plans and projects."""
