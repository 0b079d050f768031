"""Metrics, logs and health: how a running system shows what it does."""
