"""Reading, checking and loading the files that people bring."""
