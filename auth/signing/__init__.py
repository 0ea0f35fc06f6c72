"""The keys that sign tokens: when each begins and ends (``schedule``), what signs and verifies (``signing_keys``)."""
