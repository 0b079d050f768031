"""The Faust platform: runs pure processors on Kafka, exactly once."""
