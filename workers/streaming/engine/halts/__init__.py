"""Why a task stands still until a person acts, one file each; ``restarts``: what else it does.

A failure that time or another attempt may mend is no reason to stand still.
"""
