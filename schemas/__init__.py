"""The contract: event models, the topic registry and the documents generated from them.

Imports pydantic and nothing of ours, so that every part of the system, and any other
Python program, can depend on it.
"""
