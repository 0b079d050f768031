"""The words people use, and how one person puts them."""
