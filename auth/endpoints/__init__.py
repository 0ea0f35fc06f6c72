"""What is answered, one file for each endpoint with ``add(app, services)``; ``table`` lists them."""
