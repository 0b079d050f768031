"""Environment variables: how each group of them is read and checked."""
