"""Consolidation as a plan, and the credit that tells what was worth keeping. Private."""
