"""The read model: a projection of topics into SQL, dropped and rebuilt at will."""
