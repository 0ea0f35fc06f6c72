"""The node's tokens of limits: taken from the store in leases, handed to workers in sub-leases.

Reading order: ``counters`` (the store's side of one key: which script is called, what its reply means), ``stock`` (one
key: tokens, sub-leases, when to ask), ``table`` (all keys, bounded), ``histories`` (which servers have lost what they
held), ``holder`` (the topic: waits, the store, returns). Only ``holder`` waits or sends; the others are pure
and take the time as an argument.
"""
