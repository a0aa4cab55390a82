"""LlamaIndex's events and callbacks as signals of the session they belong to."""
