"""Configuration: settings from the environment, YAML that people edit, checks of both."""
