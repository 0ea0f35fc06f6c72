"""How much work a rule text may cause; every bound has its error."""

MAX_TEXT = 32 * 1024 * 1024
"""Characters of one document."""

MAX_STRING = 65_536
"""Characters of one quoted string; a ``respond`` body is the longest use."""

MAX_DEPTH = 32
"""Nested parentheses and ``not`` in one condition."""

MAX_LIST = 10_000
"""Members of one list."""

MAX_PROBLEMS = 50
"""Problems reported of one text; the rest is counted."""

MAX_ALTERNATIVES = 64
"""Alternatives that one condition may expand to."""

MAX_CLAUSES = 1_000
"""Clauses of one rule or group, its rules not counted: what every rule of a group inherits."""

MAX_ROUTES = 1_000_000
"""Rules of one document, each as often as its ``proxy by path`` has lines."""

MAX_NAME = 253
"""Characters of a name, such as a rule's."""

MAX_INTEGER = 2**53 - 1
"""Largest number: what JSON readers everywhere keep exactly."""
