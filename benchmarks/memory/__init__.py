"""Recall and the write gate, measured on conversations whose evidence is known."""
