"""Which memories answer a question, and why. Private."""
