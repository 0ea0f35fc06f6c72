"""What must not be published, and what is doubtful; for documents from text and from JSON alike.

``document`` is the entry. ``findings`` collects problems with their places, ``structure`` looks at blocks,
``references`` at names, ``clauses`` and ``conditions`` at one clause or comparison each, ``values`` at the texts
in them, ``lint`` at what is allowed but probably not meant.
"""
