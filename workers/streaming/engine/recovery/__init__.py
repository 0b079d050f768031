"""How a task finds its way back: its state from the changelog, its offsets from the broker."""
