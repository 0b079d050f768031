"""The way in: a cluster is waited for and its topics are looked at before anything begins."""
