"""What every supervisor of processes needs; standard library only, so that a supervisor stays small and unpatched.

* ``group`` runs children: start in order, restart with backoff, stop in reverse order;
* ``child`` is one of them: how it is started, asked whether it is ready, and stopped;
* ``backoff`` decides when a dead child is started again, and when to give up;
* ``wakeup`` turns signals into something to wait for;
* ``parent_death`` lets a child die with its supervisor;
* ``lock`` keeps a state directory for one process, ``run_file`` tells others the real addresses, ``ports`` binds.
"""
