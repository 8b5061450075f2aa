"""Pictures and words from folders, tables and buckets into a library: again and again, sending only what is new."""
