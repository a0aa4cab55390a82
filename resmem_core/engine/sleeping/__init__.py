"""One cycle of sleep, worked out for show or applied.

Private.
"""
