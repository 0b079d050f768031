"""The connector contract and what every connector is built from."""
