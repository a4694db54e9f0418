"""Incidents: begun and ended, told to the customers, and their stories."""
