"""gunicorn and what runs in it: the master, the worker process, and the command line that the supervisor gives them."""
