"""What a rule changes about a request or an answer, compiled once."""
