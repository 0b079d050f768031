"""The protocol that makes a chunk happen entirely or not at all.

Reading order: ``task`` (the numbered protocol), ``evaluation`` (pure: what a chunk gives rise
to), ``writing`` and ``transaction`` (how that becomes one Kafka transaction), ``recovery`` (how
state comes back), ``ownership`` (who owns which task, and what a rebalance does), ``halts`` (why
a task stands still or begins anew).
"""
