"""The JSON API: the same data as the pages, under ``/api``."""
