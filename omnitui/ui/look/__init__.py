"""What the console wears: themes, roles, signs, words, and the veil."""
