"""The ``productops`` command."""
