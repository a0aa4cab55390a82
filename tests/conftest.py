"""Settings that every test shares."""

from hypothesis import settings

# A deadline would make property tests timed tests, and machines differ.
settings.register_profile("resmem", deadline=None)
settings.load_profile("resmem")
