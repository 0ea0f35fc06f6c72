"""The worker's end of the unix socket to the node agent."""
