"""What answers the operations: one file for each resource of ``weir/api``, with ``HANDLERS``; ``table`` joins them."""
