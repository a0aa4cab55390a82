"""One turn: whose it is, what is said in it, and where it is written."""
