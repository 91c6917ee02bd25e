"""Everything that the console serves; who may is for the rules and the guard to know."""

from assistant.channels.console import (
    account,
    accounts,
    api,
    questions,
    search,
    search_api,
    sign_in,
)

ROUTERS = (
    sign_in.router,
    account.router,
    accounts.router,
    search.router,
    questions.router,
    api.router,
    search_api.router,
    questions.api,
)
