"""What aiokafka's consumer does not tell, or does not know, by itself."""
