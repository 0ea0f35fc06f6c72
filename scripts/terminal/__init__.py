"""How the command speaks to a person: questions, tables, times, colours, exit codes."""
