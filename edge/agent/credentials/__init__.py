"""The node's memory of credentials: what workers judge by without asking the store for each request.

*Verifier*: a credential and its consumer, as the store has them. *Absent*: word that there is no such credential.
*Position*: the change of the feed up to which all that is kept is known to be right. *Drop*: something has changed, so
what is kept of it is forgotten and workers are told. *Suspect*: kept through a gap in the feed; read anew before it is
believed again, and good until then only for a store that is away. *Revoked*: values (``jti``, ``sid``) whose tokens are
good no more.

In reading order: ``position`` (what a look at the feed means), ``drops``, ``owners`` and ``cache`` (what is kept),
``reads`` (from the store, many at once), ``keeper`` (answers workers, follows the feed), ``renewal`` (of suspects),
``revoked``, ``last_use``, ``journal`` and ``snapshot`` (two files), ``disk`` (when they are written), ``metrics``,
``service``.
"""
