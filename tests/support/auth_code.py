"""The auth code of the tests."""

CODE = "code-of-nobody-7f3a"
