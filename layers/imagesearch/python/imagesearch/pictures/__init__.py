"""Untrusted bytes to pixels and facts: the only code that meets a file of strangers."""
