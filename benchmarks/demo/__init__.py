"""The demonstration: a long conversation replayed through a real agent that remembers."""
