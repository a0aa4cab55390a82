"""What is changed by hand: wordings, conflicts, merges, and what has to go.

Private.
"""
