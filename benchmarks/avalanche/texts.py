"""The words of docs/avalanche.md."""

from __future__ import annotations

from benchmarks.avalanche.setting import CAP

HEAD = f"""# The avalanche

Retries hide small failures and make big ones permanent. When an upstream slows down for a moment, requests time
out and are sent again; the upstream works on requests that nobody waits for any more, more time out, and so on:
long after the cause is gone the upstream is busy and nothing succeeds. `make avalanche` makes this happen, with
Weir and with what others do, and writes this page and its pictures again. `ARGS="--quick"` is a smoke run; its
figures are not written here.

**The upstream** has 4 slots, serves a request in 20 ms on average (exponential) and so 200 a second. What waits
is served first come, first served, up to 10 000, and it does not notice that somebody gave up. **The load**
comes at the times of a Poisson process whether answers come or not. **A gateway** waits 1 s for an attempt.
**The trigger**: the upstream is 80 % slower for 10 s.

**The policies.** Naive: up to 3 retries, no budget. Finagle and Linkerd: a bucket per process, 20 % of requests
and 10 retries/s beside it, over 10 s (their published defaults). AWS SDK: 500 tokens per process, 14 for a
retry, which come back if it succeeds, 1 for a success (the default since November 2026). Tuned: the same kind
of bucket with a cap of {CAP} retries in all, split over the number of processes that there are. Weir: `retry 2
on connect, timeout, reset, 502, 503, 504` and `budget 10% max {CAP} per 10s`. All but nginx are the same `weir
edge` with the same backoff (full jitter, 25 to 250 ms; 1 s after 503); only what decides whether a retry goes
out differs.

**The columns.** Amplification: attempts per request in the 30 s from the trigger on. Recovery: from the
trigger's end until 99 % of the requests of five seconds succeed, and no later five seconds fall under half.
Success: of all requests. Late goodput: success of the last 20 s. Most in 10 s: cost units of retries granted in
the worst of all windows, by the times of the decisions; a retry after a timeout costs Weir two. Medians of the
seeds, but the last column is the worst.
"""

NODES = """### One, two and four nodes

The same traffic through 1, 2 and 4 nodes of Weir (2, 4 and 8 workers), shorter runs."""

STORE = """### The store is killed in the middle of the trigger

For good, when retries are wanted most. The cap is {cap} in any {window} s; the most that was granted in any is
{most}."""

ERRORS = """### Errors at random

No trigger; 5 % of all answers are 502."""

REFUSED = """### One of three targets refuses connections

From second 10 on, for good; no trigger. Attempts that were refused do not reach the upstream and are not in the
amplification."""

LOADS = """The same in a simulation: one queue of events, gateways that cost no time, and of Weir's budget the real
rules (leases by bucket, one flush a second, 2 ms to the store and back, the static reserve). 16 processes share
the traffic. It has more policies: gRPC's throttle, Finagle's kind tuned to 10 % and 1/s for all processes
together, AWS's kind as it was tuned for 4 processes, and cluster-wide budgets of other shapes without a cap."""

GROWTH = """### More and more processes

Budgets of one process add up: with the same traffic over more processes, each has its own first burst and
floor. A budget of the cluster does not know how many there are."""

MAP = """### Which triggers are survived

For how long may an upstream be 80 % slower, and at which load, until the gateways in front of it never let it
recover? The ∞ of a load of 0.9 and a long trigger may also mean that the rest of the 200 s was too short to
work off the queue."""

FLEET = """### A thousand nodes

Ten times the traffic (1400 requests/s) and the capacity, 1000 nodes with one process each; Weir's cap is ten
times as great. Tuned for 4 means a quarter of the cap in each process."""

MASKING = """### What retries are for

No trigger; a share of all answers is 502. Success is what clients see."""

DELAYS = """### A store that is slow, or away

Weir, with other ways to the store and other pauses between two reports of traffic; at last a store that answers
nobody from second 35 to 60, in the middle of the trigger and after."""

LIMITS = """## What this does not say

One upstream, one shape of service time, one kind of trigger, retries at one place only. A budget of one process
that is tuned for how many processes there are does as well here as Weir does, until their number changes; what
it cannot give is a number that holds for all of them together. With a limit on what is in flight in front of
the upstream (`concurrency`) the queue, and so the loop, does not come to be; the budget then keeps what arrives
at that limit small. The real runs put load, gateways, store and upstream on one machine.
"""
