"""What is kept of passwords; needs no web framework."""

import secrets

from argon2 import PasswordHasher

SHORTEST, LONGEST = 10, 1024
"""Characters."""


def problem(password: str) -> str:
    """What is wrong with a new password; empty when nothing is.

    >>> problem("short")
    'a password needs 10 to 1024 characters'
    """
    return "" if SHORTEST <= len(password) <= LONGEST else f"a password needs {SHORTEST} to {LONGEST} characters"


def made_up() -> str:
    """A password that nobody guesses."""
    return secrets.token_urlsafe(15)


def as_bytes(password: str) -> bytes:
    """What is hashed: half a surrogate pair is a character like any other."""
    return password.encode(errors="surrogatepass")


def hashed(password: str, hasher: PasswordHasher | None = None) -> str:
    """What is kept, by argon2id."""
    return (hasher or PasswordHasher()).hash(as_bytes(password))
