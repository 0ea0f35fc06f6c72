"""What the command can do, one file for each verb."""
