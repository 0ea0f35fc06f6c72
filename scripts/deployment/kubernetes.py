"""First secrets as Secrets of Kubernetes: made if they are not there, never changed.

A client of the API with the two calls that this takes, as the service account of its pod: the account may create
Secrets in its namespace, and read these two.
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from scripts.deployment.first_secrets import PROCESSES, FirstSecrets

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
TIMEOUT_S = 10.0
MOST_BYTES = 4 * 1024 * 1024
CREATED, EXISTS, FINE = 201, 409, 200
RINGS, STORE = "weir-secrets", "weir-store"


class ApiAway(Exception):
    """No answer, or none that can be used; trying again may help."""


class Refused(Exception):
    """One sentence: the API said no, or what is there is not enough."""


class Place(NamedTuple):
    """Where the API is and who asks."""

    host: str
    port: int
    namespace: str
    token: str
    authority: str
    """File of the certificate that signs the API's."""


def here(environ: Mapping[str, str], account: Path = ACCOUNT) -> Place:
    """As Kubernetes tells a pod. Raises Refused outside of one."""
    try:
        return Place(
            host=environ["KUBERNETES_SERVICE_HOST"],
            port=int(environ.get("KUBERNETES_SERVICE_PORT", "443")),
            namespace=(account / "namespace").read_text().strip(),
            token=(account / "token").read_text().strip(),
            authority=str(account / "ca.crt"),
        )
    except (KeyError, ValueError, OSError) as error:
        raise Refused("this is no pod of Kubernetes with a service account's token") from error


def keep(place: Place, made: FirstSecrets) -> dict[str, bool]:
    """Which Secrets were made now (True) and which were there (False). Raises ApiAway, Refused."""
    rings = {"ring.json": made.whole_ring, **{f"{each}.json": made.rings[each] for each in PROCESSES}}
    wanted = {RINGS: rings}
    if made.urls:
        wanted[STORE] = {f"{each}-url": made.urls[each].encode() for each in PROCESSES}
    return {name: _keep_one(place, name, data) for name, data in wanted.items()}


def _keep_one(place: Place, name: str, data: Mapping[str, bytes]) -> bool:
    folder = f"/api/v1/namespaces/{place.namespace}/secrets"
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "weir"}},
        "type": "Opaque",
        "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
    }
    status, answer = call(place, "POST", folder, body)
    if status == CREATED:
        return True
    if status != EXISTS:
        raise Refused(f"the API does not make the Secret {name}: {_said(status, answer)}")
    status, answer = call(place, "GET", f"{folder}/{name}")
    if status != FINE:
        raise Refused(f"the API does not show the Secret {name}: {_said(status, answer)}")
    lacking = sorted(data.keys() - (answer.get("data") or {}).keys())
    if lacking:
        raise Refused(f"the Secret {name} is there and lacks {', '.join(lacking)}; it is not changed")
    return False


def call(place: Place, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    """Status and object. Raises ApiAway."""
    try:
        trusted = ssl.create_default_context(cafile=place.authority)
        connection = http.client.HTTPSConnection(place.host, place.port, timeout=TIMEOUT_S, context=trusted)
        try:
            headers = {"Authorization": f"Bearer {place.token}", "Accept": "application/json"}
            if body is not None:
                headers["Content-Type"] = "application/json"
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            answer = json.loads(response.read(MOST_BYTES))
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ApiAway(f"the API at {place.host}:{place.port} does not answer: {error}") from error
    return response.status, answer if isinstance(answer, dict) else {}


def _said(status: int, answer: Mapping[str, Any]) -> str:
    return f"{status} {str(answer.get('message', ''))[:300]}".strip()
