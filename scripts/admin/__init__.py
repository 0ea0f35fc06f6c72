"""Admin scripts to copy and change: each is one file that needs only the ``weir`` package (``weir.client``)."""
