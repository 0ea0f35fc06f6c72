"""What an OAuth 2 authorization server keeps between two requests: grants under way, refresh families, opaque tokens.

Every step that must not happen twice is one script. Nothing here is a token or a code in clear: hashes only.
"""
