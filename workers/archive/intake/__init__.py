"""From Kafka into SQL: the archive's consumer and the role around it."""
