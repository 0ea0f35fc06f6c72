"""The client's side: its connection from accept to close, who it is, and what is taken from it."""
