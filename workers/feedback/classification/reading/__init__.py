"""Reading a text once: plain, in words, in a language; and finding phrases in it."""
