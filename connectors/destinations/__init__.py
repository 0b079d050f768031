"""Where messages go: Slack and signed webhooks."""
