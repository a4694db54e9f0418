"""Card numbers and secrets in texts, found and covered."""
