"""``python -m workers.cli``: the ``productops`` command without its script."""

from workers.cli.main import run

if __name__ == "__main__":
    run()
