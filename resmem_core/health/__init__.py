"""What is known of each provider and each tool: frozen values, pure functions, no I/O.

Private.
"""
