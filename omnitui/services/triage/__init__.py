"""Who answers which conversation next, and what a profile has settled about it."""
