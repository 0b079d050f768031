"""What a chunk gives rise to: pure, from records to what a transaction has to write."""
