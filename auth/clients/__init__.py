"""Applications: how they prove who they are, how they register themselves."""
