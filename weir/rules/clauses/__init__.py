"""The clauses of the language, one file per family; ``table`` lists them all in the order of the reference."""
