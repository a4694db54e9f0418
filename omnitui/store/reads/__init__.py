"""What panes and verbs read: one statement per need, by keyset, into the model's dataclasses."""
