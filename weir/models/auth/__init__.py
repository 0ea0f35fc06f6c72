"""Who calls and how they prove it: what the store keeps of consumers, credentials, OAuth clients, users and issuers."""
