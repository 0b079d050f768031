"""What the simulated Zendesk answers, address by address."""
