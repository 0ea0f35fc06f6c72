"""The ``weir`` command (``verbs/``, one file each), ``admin/`` scripts to copy, and what ``make`` calls (``project/``).

``main`` holds the visible table of verbs. A verb's module has ``run(arguments) -> int``, an exit code (``exit_codes``):
0 fine, 1 findings or a difference, 2 bad input or set-up, 3 server or store away, 4 conflict; and ``parser()``, from
which shell completion and the page of the command line are made.

Verbs that speak to the admin API share ``access_flags`` (which API), ``api_command`` (client, errors), ``publishing``
(show, ask, publish) and ``rollout`` (wait for the nodes). Scripts use the shared vocabulary ``weir``; they start other
processes and never import them.
"""
