"""Support desks, one file a vendor."""
