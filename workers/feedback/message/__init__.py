"""What people are told about an item."""

from workers.feedback.message.request import About, message_id, request

__all__ = ["About", "message_id", "request"]
