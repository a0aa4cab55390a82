"""From a message to one durable write: preprocess, compare, judge, commit.

Private.
"""
