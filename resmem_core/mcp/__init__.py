"""The memory as a server of the Model Context Protocol, and its entry in a harness's settings.

Private.
"""
