"""People at the authorization server: signing in, their session, what they are asked, and where they go on.

``hashing`` judges passwords in threads, ``sign_in`` bounds how often, ``cookies`` and ``forms`` are what a browser
brings, ``person`` says whose session it is, ``onward`` where within this server a browser may be sent, ``redirects``
where outside of it.
"""
