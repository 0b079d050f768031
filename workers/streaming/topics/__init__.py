"""Topic administration: what the registry declares against what the cluster has."""

from workers.streaming.topics.plan import Action, Change, Existing, Plan, plan

__all__ = ["Action", "Change", "Existing", "Plan", "plan"]
