"""Gateways started beside each other on this machine, and the same load through each in paired rounds.

One core is the gateway's; the other is shared by the load generators and the service behind. Machines are noisy: only
the ratios of paired rounds say something. Run it with nothing else running.

In reading order: ``work`` (what every gateway is told to do), ``programs`` and ``process`` (finding and running what is
installed), ``gateways`` (one file for each), ``store``, ``services`` and ``echo_server`` (what is behind), ``cost``
(what the kernel says that a gateway spent), ``wrk``, ``open_load``, ``idle_load``, ``echo_load`` (the load),
``latency``, ``measures`` and ``publish`` (one round of each kind), ``scenarios``, ``entrants`` (who takes part in one),
``rounds`` (all rounds of a scenario), ``report``, ``targets``, ``results``, ``page``.
"""
