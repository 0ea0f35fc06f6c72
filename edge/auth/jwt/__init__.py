"""JSON Web Tokens, verified: strict form, pinned keys and algorithms, checked claims (RFC 7515, 7519, 8725, 9068)."""
