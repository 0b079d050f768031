"""Simulated vendors that speak HTTP, for the demo and the tests."""
