"""What a worker counts and how it tells the node agent."""
