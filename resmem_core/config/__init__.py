"""Frozen settings with their ranges checked. One module per concern; no globals.

Private.
"""
