"""The admin API from Python: what the ``weir`` command and the admin scripts use. Typed, blocking, nothing global.

    from weir.client import access
    from weir.client.client import Client

    with Client.at(access.find(os.environ)) as weir:
        for node in weir.nodes.every():
            print(node.name, node.number)

Words: a **call** is one operation of ``weir.api`` with its arguments; it is **prepared** (``request``), sent by the
**transport**, perhaps more than once, and its **reply** decoded (``answer``) or raised (``errors``). ``resources`` has
one small class per resource with a method per operation. ``access`` finds the URL and token of this machine.

Reading order: ``errors``, ``request``, ``answer``, ``transport``, ``events``, ``pages``, ``calls``, ``resources/``,
``client``, ``access``.
"""
