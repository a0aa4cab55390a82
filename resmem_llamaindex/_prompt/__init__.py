"""The block of memories in a prompt: what is recalled, how it is laid out, where it stands."""
