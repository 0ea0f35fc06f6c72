"""What make calls: the environment, the locks, the generated pages. Standard library only, but for the pages."""
