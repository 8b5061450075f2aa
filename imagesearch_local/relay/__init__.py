"""From the queue to the function, as Lambda does it; and events that a stop has lost, found again."""
