"""The connectors role: pollers that write pages and checkpoints, and the clock."""
