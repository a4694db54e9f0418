"""A mail's own words, apart from what it quotes and how it is signed."""
