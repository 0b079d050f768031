"""The demo's configuration, written for one machine's ports."""

from connectors.sandbox.demo.prepare import Demo, Ports, prepare

__all__ = ["Demo", "Ports", "prepare"]
