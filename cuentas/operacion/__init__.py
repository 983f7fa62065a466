"""What keeps the service running and lets others watch it: health, logs, metrics, backups."""
