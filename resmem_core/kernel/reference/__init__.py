"""The kernel in NumPy: what it means, and what runs where no compiler was."""
