"""Who calls: access tokens, sessions of a browser, and the journal of what was done and tried.

Nobody has a password. ``credentials`` judges what is shown, ``identify`` finds it in a request, ``journal`` writes the
audit log.
"""
