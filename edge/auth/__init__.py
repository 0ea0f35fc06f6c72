"""Who calls: what a rule's ``require`` asks, judged in the worker without asking anybody in the steady state.

Reading order: ``method`` (one kind of credential), ``requirement`` (the alternatives of a rule), ``denied`` (what a
caller is told), ``verifiers`` (what is known of credentials), ``throttle`` (of failures), ``passed`` (a verdict that
holds for the same head again), ``identity_fields`` (what the upstream is told), ``services`` (all that methods share).
"""
