"""The reasons for which a task stands still until a person acts: one file each."""
