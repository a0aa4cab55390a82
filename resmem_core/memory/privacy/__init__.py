"""What must never be stored: personal data is redacted, hidden instructions are scored. Private."""
