"""Gateways started beside each other on this machine, and the same load through each in paired rounds.

One core is the gateway's; the other is shared by the load generator (wrk) and the service behind (nginx). These
machines are noisy: only the ratios of paired rounds say something. Run it with nothing else running.

``gateways`` starts and stops them, ``rounds`` measures, ``report`` prints.
"""
