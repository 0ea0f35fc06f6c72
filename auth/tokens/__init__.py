"""Tokens: what they may say, how they are made, how they are read back."""
