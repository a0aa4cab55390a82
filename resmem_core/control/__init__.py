"""Signals to hormones to knobs: pure functions over a frozen state.

Private.
"""
