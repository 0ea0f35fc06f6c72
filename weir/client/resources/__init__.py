"""One class per resource of the admin API, with a method per operation; all of them raise ``weir.client.errors``."""
