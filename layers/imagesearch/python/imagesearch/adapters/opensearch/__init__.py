"""The index on OpenSearch."""
