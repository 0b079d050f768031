"""Files a team brings: its history."""
