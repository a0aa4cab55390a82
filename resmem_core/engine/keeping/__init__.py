"""A memory outside its store: copies, exports, repair, receipts of what was erased.

Private.
"""
