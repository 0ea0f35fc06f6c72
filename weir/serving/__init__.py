"""What every web process here stands on: Flask under gunicorn's gevent worker, with an end that waits for nobody idle.

``gunicorn_app`` serves an application on a listener, ``worker`` is what it runs; ``access_log``, ``request_ids`` and
``hosts`` are for the application; ``off_loop`` takes long work off the event loop. Nothing here knows the store.
"""
