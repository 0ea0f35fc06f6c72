"""A foreign authorization server, looked at for whoever registers it: ``fetch`` gets a document, ``check`` judges."""
