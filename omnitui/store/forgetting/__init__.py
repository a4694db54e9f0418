"""Words gone from every place of the cache, and what must not come back."""
