"""Servers of others that run on this machine: a real OpenSearch and LocalStack, without Docker."""
