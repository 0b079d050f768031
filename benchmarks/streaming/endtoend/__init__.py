"""The two ends of the latency measurement: who sends, and who reads the answers."""
