"""The admin API from Python: what the ``weir`` command and the admin scripts use. Typed, blocking, nothing global."""
