"""From a version on the disk to what requests are served by: read, compiled, swapped."""
