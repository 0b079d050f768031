"""The Faust platform: runs pure processors on Kafka, exactly once.

Why nothing is lost or doubled stands in the docstring of ``engine.task``, as eight numbered steps;
``engine`` names the order in which to read on. Around it:

    worker       one role in one process: Faust's app around the engine, from start to orderly stop
    transport    Faust's Kafka driver, with chunks instead of messages and without its own commits
    consumers    what the consumer of the client library does not tell by itself
    connection   clients from their first connection to their last; ``access``: being let in
    topics       what the registry declares against what the cluster has
    rebuilding   results from history, state in another format, beside the live role
    broker       a real Kafka for one machine
    *_watch      what the engine tells of its doing, as metrics and as spans

A processor (``workers.processor``) knows none of this: it is given events and state, and returns
what to write.
"""
