"""The keys of those whose tokens rules ask for: fetched, kept and refreshed, so that no request waits for an issuer.

Reading order: ``documents`` (what an issuer says), ``fetch`` (how it is asked), ``look`` (both), ``issuer`` (one of
them over time), ``disk`` (what a restart finds), ``keeper`` (all of them), ``service`` (wired).
"""
