"""What the capture of demands reads: what to warn of, how two contents differ, what a phone keeps to work offline."""
