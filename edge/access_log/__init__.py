"""The access log: what happened to each exchange, one line each.

On a request's path one tuple is put aside (``write``); a greenlet makes lines of many of them at once and a thread
writes these. In reading order: ``attempt`` (tries at targets, as phases note them), ``log`` (the buffer and who empties
it), ``formats`` (``json_lines``, ``combined_lines``), ``output`` (files and their rotation), ``bounds``.
"""
