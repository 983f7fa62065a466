"""What is written about territory, and by whom: every door calls these."""
