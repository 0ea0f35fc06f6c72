"""The rule language: text ⇄ document, what a document means, and what is doubtful about it. Pure, no I/O.

Files, in reading order: ``lexer`` (text → tokens), ``problems`` (what is wrong,
bounded), ``cursor`` (tokens, one look ahead), ``conditions``,
``clauses/`` (one file per family of clauses, each with how it reads and how it prints; ``clauses/table`` lists
them all), ``parser`` (blocks), ``printer`` (the canonical form), ``json_form``, ``template``, ``check`` (what
must not be published, and lint), ``support`` (clauses that parse but have no engine yet), ``resolve``
(document → routes).
"""
