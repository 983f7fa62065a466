"""Backups: the database and the uploaded files of one moment in one file, and the way back."""
