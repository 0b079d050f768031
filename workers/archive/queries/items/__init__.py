"""Items: the inbox that lists them, one of them whole, and what a filter of them can offer."""
