"""The edges: everything that speaks a vendor's protocol. Imports ``schemas`` and nothing else."""
