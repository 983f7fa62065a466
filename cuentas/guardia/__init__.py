"""What stands at the door, whoever asks: how often, how many at once, which parameters, and what the refused are told."""
