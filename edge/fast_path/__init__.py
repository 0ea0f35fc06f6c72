"""What came before, answered in the event loop itself: no greenlet is woken for it.

A request that is known byte for byte, whose rule asks for nothing that may have to wait, goes to an idle connection at
once; its answer, if it is whole and plain, goes back from there. It is a shortcut through ``edge/pipeline.py`` and not
another pipeline: where anything is not as it always is, the exchange is handed over as it stands to the greenlet of its
connection, which goes on as if it had come as far by itself.
"""
