"""A namespace's memories as columns, postings and vectors, and which are nearest to a text. Private."""
