"""A namespace's memories as columns, postings and vectors, and which are near a text. Private."""
