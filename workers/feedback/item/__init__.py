"""What the feedback worker keeps of an item: labels and revisions, none of its words."""

from workers.feedback.item.codec import RowCodec
from workers.feedback.item.rows import ItemRow, PartRow, SweepRow

__all__ = ["ItemRow", "PartRow", "RowCodec", "SweepRow"]
