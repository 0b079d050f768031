"""Settings for the properties among these tests."""

from hypothesis import settings

# how long an example takes depends on what else the machine does
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
