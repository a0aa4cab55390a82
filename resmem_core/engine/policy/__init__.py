"""Which policy holds, who may change it, and what is recorded for the next one.

Private.
"""
