"""One model call: its settings within what the user allows, and what is done when it fails."""
