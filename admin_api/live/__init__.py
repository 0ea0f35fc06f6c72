"""What is so at the moment, put together of what nodes and the store say. Everything but ``cluster`` is pure."""
