"""The write gate: compare a candidate with what is stored, judge it, settle the buffer. Private."""
