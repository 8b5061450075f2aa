"""What AWS gives the functions, on this machine: bucket, queue and notifications, kept in a folder."""
