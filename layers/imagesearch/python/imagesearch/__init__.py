"""Everything the functions share.

Import the modules by name: this file imports nothing, so that nobody pays for what they do not use.
"""
