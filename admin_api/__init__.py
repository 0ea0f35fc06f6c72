"""The admin API: REST over the shared store, for the dashboard, the ``weir`` command, scripts and CI.

``weir/api`` says what there is; here is what answers it. Nothing is kept between requests that is not in the store,
so several instances may run at once.
"""
