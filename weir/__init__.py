"""The vocabulary that every Weir process shares: no process, no globals, nothing connects at import.

Reading order: ``models`` (what a configuration is), ``rules`` (its text form), ``routing`` (a configuration
compiled for matching), ``store`` (where versions live), ``processes`` (children that are kept alive). ``monkey`` comes
before them in every process that gevent runs.
"""
