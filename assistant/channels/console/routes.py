"""Everything that the console serves; who may is for the rules and the guard to know."""

from assistant.channels.console import (
    account,
    accounts,
    api,
    library,
    library_api,
    questions,
    search,
    search_api,
    sign_in,
    uploads,
    versions,
)

ROUTERS = (
    sign_in.router,
    account.router,
    accounts.router,
    library.router,
    uploads.router,
    versions.router,
    search.router,
    questions.router,
    api.router,
    search_api.router,
    uploads.api,
    library_api.router,
    questions.api,
)
