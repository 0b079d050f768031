"""What a cluster's refusals are called, so that who waits and who gives up can tell them apart."""

__all__ = ["AccessError", "ClusterError", "RefusedError"]


class ClusterError(Exception):
    """The cluster cannot be reached or refused a request. The message says what to do."""


class AccessError(ClusterError):
    """It refused us: a person has to correct credentials, certificates or rights."""


class RefusedError(ClusterError):
    """It refused a request, and by Kafka's own account would refuse it again."""
