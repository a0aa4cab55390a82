"""`resmem bench answers`: what a reader answers with different memories before it."""
