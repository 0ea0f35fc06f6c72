"""Names of targets to addresses, as the machine is told to: hosts file, name servers, search list.

* **look-up**: all that is asked about one name, over every form that the search list gives it;
* **question**: one name and one type, asked of one name server after another.

Files, in reading order: ``files``, ``configuration``, ``question``, ``lookup``. What is kept, for how long, and what is
served when a look-up fails is ``edge/upstream/resolver.py``.
"""
