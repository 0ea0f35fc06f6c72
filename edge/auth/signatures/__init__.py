"""HTTP message signatures (RFC 9421): what a client says it signed, what it sent, and what its body must be."""
