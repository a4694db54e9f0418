"""Raw mail (RFC 5322) as what the product wants to know of it."""
