"""Words, sentences and times: how a text is read, before anything is decided about it. Private."""
