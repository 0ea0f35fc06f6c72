"""``weir auth``: the OAuth2 authorization server, a process of its own. Nothing connects at import."""
