"""What the agent brings to the store for people: counts per rule and target, and samples while somebody watches."""
