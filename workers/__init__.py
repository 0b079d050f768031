"""What the system decides: pure processors, the platform that runs them, pages and commands."""

__version__ = "0.1.0"
