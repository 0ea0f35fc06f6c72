"""What the agent brings to the store for people: counts of rules, targets and consumers; samples while one watches."""
