"""The embedded index: SQLite with FTS5 and sqlite-vec."""
