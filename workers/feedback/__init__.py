"""What feedback is and where it goes: pure decisions, one registration."""
