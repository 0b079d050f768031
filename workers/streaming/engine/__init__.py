"""The protocol that makes a chunk happen entirely or not at all.

Reading order: ``task`` (the numbered protocol), ``evaluate`` (pure: what a chunk gives rise
to), ``transaction`` (how it is written), ``restore`` (how state comes back), ``ownership``
(who owns which task, and what a rebalance does).
"""
