"""Settings that every test shares."""

import os

from hypothesis import settings

# A deadline would make property tests timed tests, and machines differ. What gates a landing
# must give the same answer twice; everywhere else each run looks at new examples.
settings.register_profile("resmem", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("resmem")
