"""The commands of `ack`, a module for each part of the work. Each says what it did and how many."""
