"""Dead letters for people: find them, look at them, replay or drop them."""
