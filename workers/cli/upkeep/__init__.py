"""What the commands share that look after roles on a cluster."""
