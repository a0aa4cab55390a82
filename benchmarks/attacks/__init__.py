"""What an attacker writes into tools, pages and other agents' words, and what it does later."""
