"""Carries out ``weir adopt``: a person says which side is right after the store was lost or replaced.

* ``store``: this node gives up what it holds and takes the store's version, or the empty configuration if the
  store has none.
* ``node``: what this node holds is published into the store, owner by owner, on top of whatever is there; the node
  then follows the number that it became.

Both need a store that answers: nothing is given up for a store that may still come back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from edge.agent.config_memory import ConfigMemory
from edge.agent.facts import Facts
from edge.agent.follow import Follower
from edge.agent.store_parts import StoreParts
from edge.versions.files import ChunkMissing, VersionFiles
from weir.models.document import OWNERS, Document, Owner
from weir.models.version import Manifest
from weir.processes.adoption import Answer, Order, order_file, read_order, write_answer
from weir.store.chunks import decode, join
from weir.store.errors import StoreError
from weir.store.publish import AlreadyPublished, Draft, Published, Unchanged

log = logging.getLogger("weir.agent")


class CannotAdopt(Exception):
    """One sentence for the person who asked."""


class Adopter:
    """Looks for an order in the node's directory and answers it; ``publish_again`` is for the rules file."""

    def __init__(
        self,
        node_directory: Path,
        node: str,
        store: StoreParts,
        files: VersionFiles,
        facts: Facts,
        follower: Follower,
        memory: ConfigMemory,
        *,
        publish_again: Callable[[], None],
    ) -> None:
        self._directory = node_directory
        self._node = node
        self._store = store
        self._files = files
        self._facts = facts
        self._follower = follower
        self._memory = memory
        self._publish_again = publish_again

    def step(self) -> None:
        """Carries out an order if there is one. Raises ``OSError`` if the answer cannot be written."""
        try:
            order = read_order(self._directory)
        except ValueError as error:
            log.error("%s", error)
            order_file(self._directory).unlink(missing_ok=True)
            return
        if order is None:
            return
        answer = self._obey(order)
        log.warning("weir adopt --%s: %s", order.side, answer.text)
        write_answer(self._directory, answer)
        order_file(self._directory).unlink(missing_ok=True)

    def _obey(self, order: Order) -> Answer:
        try:
            text = self._adopt_store() if order.side == "store" else self._adopt_node()
        except (CannotAdopt, StoreError, ChunkMissing, OSError) as error:
            return Answer(order.id, False, f"nothing was adopted: {error}")
        return Answer(order.id, True, text)

    def _adopt_store(self) -> str:
        head = self._store.versions.head()
        if head is None:
            self._follower.forget()
            self._memory.forget()
            self._publish_again()
            return "the store is empty: this node holds no version any more"
        self._follower.take(head.number, head.digest)
        self._memory.moved(head.incarnation)
        return f"this node holds version {head.number} of {head.incarnation[:8]} now"

    def _adopt_node(self) -> str:
        manifest = self._files.manifest()
        if manifest is None:
            raise CannotAdopt("this node holds no version")
        documents = {owner: self._document(manifest, owner) for owner in OWNERS}
        for owner, document in documents.items():
            self._publish(owner, document, manifest.number)
        head = self._store.versions.head()
        if head is None:
            raise CannotAdopt("the store lost what was published")
        self._follower.take(head.number, head.digest)
        self._memory.moved(head.incarnation)
        return f"what this node held is version {head.number} of {head.incarnation[:8]} now"

    def _document(self, manifest: Manifest, owner: Owner) -> Document:
        chunks = manifest.chunks.get(owner, ())
        return join([decode(self._files.chunk(chunk)) for chunk in chunks]) if chunks else Document()

    def _publish(self, owner: Owner, document: Document, number: int) -> None:
        head = self._store.versions.head()
        base = head.owners.get(owner, 0) if head else 0
        if not document.definitions and base == 0:
            return
        draft = Draft(
            owner=owner,
            base=base,
            author=self._node,
            message=f"adopted from node {self._node}, which held version {number}",
            incarnation=head.incarnation if head else "",
        )
        outcome = self._store.publisher.publish(draft, document)
        if not isinstance(outcome, Published | AlreadyPublished | Unchanged):
            raise CannotAdopt(f"owner {owner} could not be published: {outcome}")
