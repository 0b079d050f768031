"""Dead letters and whether they are settled."""
