"""``python -m connectors.sandbox``: a simulated vendor as a process."""

from connectors.sandbox.cli import main

if __name__ == "__main__":
    main()
