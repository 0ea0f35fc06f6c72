"""The kinds of credentials that rules can ask for, one file each (``edge/auth/method.py`` says what they have)."""
