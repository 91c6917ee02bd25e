"""The tree of errors; what each says is data, and how one becomes HTTP is the API's to know."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.resources import load


class AssistantError(Exception):
    """Base of every error raised on purpose; ``str(error)`` is fit to be shown to a person.

    Args:
        key: names the text in resources/errors.yml.
        values: what is filled into it.
    """

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(load("errors")[key].format(**values))
        self.key = key
        self.values = values


class SettingsError(AssistantError):
    """A setting is missing or cannot be used; the message names its key."""


class ModelError(AssistantError):
    """A model is missing, damaged or cannot be built."""


class ParseError(AssistantError):
    """A file cannot become a document; the message gives the reason."""


class StoreError(AssistantError):
    """The database or an index built from it cannot be used."""


class StatusError(AssistantError):
    """A request that cannot be served; ``key`` is its status in resources/statuses.yml."""

    def __init__(self, key: str) -> None:
        Exception.__init__(self, load("statuses")[key]["residents"])
        self.key = key


class NotFoundError(StatusError):
    """What was asked for by id is not there (or no longer)."""


class QuestionError(StatusError):
    """The question cannot be taken as it was sent."""


class TooManyQuestionsError(StatusError):
    """More questions were asked than are allowed; ``seconds`` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__("error_too_many_questions")
        self.seconds = seconds


class StaffError(StatusError):
    """What a member of staff wants to change cannot be changed so."""


class MetadataError(StatusError):
    """What is told of a document cannot be taken; ``fields`` says in words why, by field."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("error_document_metadata")
        self.fields = fields


class SignInError(StatusError):
    """Who asks has not signed in, or not with what it takes."""


class ForbiddenError(StatusError):
    """Who asks has signed in and may not do this, or did not ask from our own page."""


class LockedOutError(StatusError):
    """Signing in failed too often; ``seconds`` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__("error_locked_out")
        self.seconds = seconds


class NotReadyError(StatusError):
    """The models are still being loaded."""


class CallbackError(StatusError):
    """A message from outside was not sent by whom it should be, or cannot be read."""
