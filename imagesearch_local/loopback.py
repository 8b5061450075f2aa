"""This machine's own address, which nobody else reaches."""

LOOPBACK = "127.0.0.1"
