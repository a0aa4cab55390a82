"""What the engine stands on: clocks, locks, caches, event loops, names in the log.

Private.
"""
