"""What an act does to conversations, foreseen and told before it is done."""
