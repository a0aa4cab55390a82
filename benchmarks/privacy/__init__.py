"""What the redactor finds of planted values, and what it damages of what only looks like one."""
