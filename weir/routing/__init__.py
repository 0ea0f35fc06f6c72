"""Which rule a request gets: a configuration compiled for matching. Pure: values in, values out, no I/O.

* **normaliser**: one form of paths and hosts, for what arrives and for what rules say;
* **term**: one comparison in normal form, perhaps negated;
* **alternative**: terms that must all hold; a condition is a list of alternatives;
* **rank**: where an alternative stands among all others, best first;
* **entry**: one alternative in the table, with its tests compiled at first use;
* **place**: where the index keeps an entry: a host pattern, then a kind of path;
* **table**: every entry of a version; the next table shares whatever did not change.

Files, in reading order: ``normalise``, ``authority``, ``request_values``, ``facts`` (what a request is);
``patterns``, ``networks``, ``regex``, ``alternatives``, ``predicate`` (what a rule says); ``placement``,
``precedence``, ``entry``, ``path_index``, ``host_index``, ``order``, ``table`` (the match); ``explain`` (why);
``implication``, ``witness``, ``overlaps`` (what lint asks); ``validate`` (the check before a publish).
"""
