"""The rules: words that speak for labels, packaged as one YAML file a language."""
