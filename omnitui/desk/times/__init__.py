"""Times in words, those that have passed and those to come, and business time."""
