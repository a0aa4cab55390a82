"""What a memory, its namespaces and a message hold at run time.

Private.
"""
