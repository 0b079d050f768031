"""What the archive says, put the way a page and the JSON API show it."""
