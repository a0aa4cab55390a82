"""Reward, value and policy. Learning proposes; only a person's approval changes a knob.

Private.
"""
