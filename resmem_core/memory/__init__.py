"""The deciders of memory: sleep, recall, gate, index, affect, privacy, text, one way downwards.

Private.
"""
