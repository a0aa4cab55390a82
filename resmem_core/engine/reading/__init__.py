"""Recall, lists and searches of a namespace, and what it knows of its people.

Private.
"""
