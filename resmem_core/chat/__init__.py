"""An agent in the terminal: any OpenAI-compatible server, with a memory.

Private.
"""
