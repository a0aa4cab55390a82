"""The deciders of memory, one way downwards: sleep, recall, gate, index, affect, privacy, text. Private."""
