"""Builds the program's parts from its settings; used by the commands and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from filelock import FileLock
from sqlalchemy import Engine

from assistant.answering.desk import StaffDesk
from assistant.answering.pipeline import Pipeline, ReadingStep
from assistant.answering.read import Read
from assistant.answering.service import ChatService
from assistant.answering.weigh import FeatureWeigher, ReaderWeigher, Weigher
from assistant.indexing.index import Indexer, recipe
from assistant.indexing.librarian import Librarian
from assistant.models.builder import build_default_model
from assistant.models.embedder import Embedder
from assistant.models.reader import ADAPTER, PassageReader
from assistant.segment import Segmenter, town_words
from assistant.settings import Settings
from assistant.store.audit import AuditLog
from assistant.store.conversations import ConversationStore
from assistant.store.database import open_database
from assistant.store.documents import DocumentStore
from assistant.store.library import Library
from assistant.store.library_tasks import TaskQueue
from assistant.store.passwords import Passwords
from assistant.store.questions import QuestionLog
from assistant.store.search_index import CurrentIndex, SearchIndexes
from assistant.store.secret import Secret, kept_key
from assistant.store.sessions import SessionStore
from assistant.store.staff import StaffStore
from assistant.store.wechat import WechatStore

Say = Callable[[str], None]


@dataclass(frozen=True)
class Assembly:
    """Everything made from one set of settings, each part when it is first asked for.

    Args:
        settings: the settings.
        say: called with a short sentence before work that takes a while.
    """

    settings: Settings
    say: Say = print

    @cached_property
    def engine(self) -> Engine:
        """The database."""
        return open_database(self.settings.database)

    @cached_property
    def segmenter(self) -> Segmenter:
        """Sentences and words."""
        return Segmenter(town_words(), self.settings.data_dir / "cache")

    @cached_property
    def built_in_model(self) -> Path:
        """The folder of the built-in embedding model, made on first use."""
        return build_default_model(self.settings.data_dir / "models" / "default", self.say)

    @cached_property
    def embedder(self) -> Embedder:
        """The embedding model that is set, or the built-in one, made on first use."""
        given = self.settings
        model: str | Path = given.embedding_model
        if not model:
            model = self.built_in_model
        return Embedder(
            model, query_prompt=given.query_prompt, passage_prompt=given.passage_prompt,
            allow_download=True,
        )  # fmt: skip

    @cached_property
    def weigher(self) -> Weigher:
        """The trained reader where it goes with the encoder, else words and vectors alone."""
        if self.settings.embedding_model or not ADAPTER.exists():
            return FeatureWeigher(self.segmenter)
        return ReaderWeigher(self.segmenter, PassageReader(self.built_in_model, ADAPTER))

    @cached_property
    def reader(self) -> ReadingStep:
        """What finds the answer in what was retrieved."""
        return Read(self.weigher, self.segmenter)

    @cached_property
    def store(self) -> DocumentStore:
        """Documents and their vectors."""
        return DocumentStore(self.engine)

    @cached_property
    def conversations(self) -> ConversationStore:
        """Conversations and ratings."""
        return ConversationStore(self.engine, self.settings.retention_days)

    @cached_property
    def wechat_store(self) -> WechatStore:
        """Questions from WeChat and the answers that wait there."""
        return WechatStore(self.engine)

    @cached_property
    def questions(self) -> QuestionLog:
        """What was asked, for staff."""
        return QuestionLog(self.engine)

    @cached_property
    def secret(self) -> Secret:
        """What signs staff's sessions: as it is set, or the one that is kept beside the data."""
        given = self.settings.session_secret.get_secret_value()
        return Secret(given.encode() or kept_key(self.settings.data_dir, "session.key"))

    @cached_property
    def passwords(self) -> Passwords:
        """How passwords are kept."""
        return Passwords()

    @cached_property
    def staff(self) -> StaffStore:
        """Staff's accounts."""
        return StaffStore(self.engine, self.secret, self.passwords)

    @cached_property
    def sessions(self) -> SessionStore:
        """Staff's sessions."""
        return SessionStore(self.engine, self.secret, self.passwords)

    @cached_property
    def audit(self) -> AuditLog:
        """Who changed what."""
        return AuditLog(self.engine)

    @cached_property
    def indexes(self) -> SearchIndexes:
        """The search indexes beside the database."""
        folder = self.settings.data_dir / "index"
        return SearchIndexes(self.store, folder, self.settings.chroma_url)

    @cached_property
    def index(self) -> CurrentIndex:
        """The search index that questions are asked of."""
        # The database first: that it cannot be opened should not be found out after a model
        # was made.
        store, indexes = self.store, self.indexes
        return CurrentIndex(store, indexes, recipe(self.embedder, self.segmenter))

    @cached_property
    def indexer(self) -> Indexer:
        """What publishes documents."""
        return Indexer(self.store, self.library, self.indexes, self.segmenter, self.embedder)

    @cached_property
    def index_lock(self) -> FileLock:
        """Held by whoever publishes a generation."""
        return FileLock(self.settings.data_dir / "ingest.lock")

    @cached_property
    def library(self) -> Library:
        """Documents that are kept in the console."""
        return Library(self.engine, self.store)

    @cached_property
    def librarian(self) -> Librarian:
        """What does the work on them."""
        return Librarian(self.library, TaskQueue(self.engine), self.indexer, self.index_lock)

    @cached_property
    def pipeline(self) -> Pipeline:
        """What answers questions."""
        return Pipeline(
            self.segmenter, self.embedder, self.store, self.index, self.reader,
            self.settings.public_url,
        )  # fmt: skip

    @cached_property
    def service(self) -> ChatService:
        """What channels ask."""
        return ChatService(self.pipeline, self.conversations, os.cpu_count() or 1)

    @cached_property
    def desk(self) -> StaffDesk:
        """What staff search with."""
        return StaffDesk(self.pipeline, self.service, self.store, self.index, self.segmenter)
