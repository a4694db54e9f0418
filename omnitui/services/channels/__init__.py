"""Accounts, the connectors behind them, and the ways by which deliveries reach these."""
