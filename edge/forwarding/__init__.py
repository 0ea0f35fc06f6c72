"""A request on its way to an upstream and the answer on its way back."""
