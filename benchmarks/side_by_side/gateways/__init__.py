"""One gateway in each file: the configuration as text (pure), and how it is started and given another one.

All do the same work (``work.Work``) in the way that their own documentation would have it: kept connections to the
service, one worker or thread, no access log, no limit that the load could meet. ``known`` lists them.
"""
