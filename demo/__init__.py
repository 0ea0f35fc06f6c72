"""The demo service behind ``weir up``: something to send requests to before one has a service of one's own.

* ``answers`` are the plain HTTP answers, one short function for each path, in one visible table;
* ``websocket`` echoes at ``/ws``;
* ``page`` is what a browser sees at ``/``;
* ``boot`` listens and ends, ``python -m demo`` runs it;
* ``gateway.weir`` are the demo rules, a template in which only the service's address is missing.

It is written for a friendly user on the same machine; every wait, size and count has a bound all the same.
"""
