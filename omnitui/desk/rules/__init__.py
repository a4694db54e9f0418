"""Rules: what sets them off, what they do, and what they would have done."""
