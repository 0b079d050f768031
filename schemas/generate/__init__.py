"""Documents made from the models and the topic registry: JSON Schemas and ``asyncapi.yaml``.

``python -m schemas.generate`` writes them to ``schemas/generated``; ``--check`` says which are
stale; ``--release`` keeps the JSON Schemas as those of the present version, which later
versions are compared with.
"""
