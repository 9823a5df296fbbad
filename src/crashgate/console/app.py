"""The console as a web application: its routes, who may use them, and how each page has its twin in JSON."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.resources import files
from urllib.parse import parse_qs

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from crashgate.audit.reader import LogReader
from crashgate.clock import Clock
from crashgate.console.access import access, cell
from crashgate.console.activity import DOWNLOADS, activity, download, record
from crashgate.console.approvals import answer, approvals
from crashgate.console.guard import GuardLayer
from crashgate.console.overview import overview
from crashgate.console.pages import Facts, render, wrong
from crashgate.console.sign_in import Session, SignIn
from crashgate.errors import CrashgateError
from crashgate.gate.approval_requests import ApprovalStore
from crashgate.policy.policy import PolicySet, Vocabulary

_LARGEST_FORM = 4_096
_STATIC = files("crashgate.console") / "static"
_STYLE, _ICON = ((_STATIC / name).read_bytes() for name in ("console.css", "icon.svg"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """What the pages show. ``policies`` reads the folder. ``operator`` is in whose name requests are answered."""

    reader: LogReader
    approvals: ApprovalStore
    policies: Callable[[], PolicySet]
    vocabulary: Vocabulary
    operator: str
    clock: Clock


Page = Callable[[Request], Awaitable[Facts]]


def console_app(sources: Sources, sign_in: SignIn, *, host: str) -> ASGIApp:
    """The console at ``host``, such as ``127.0.0.1:8322``."""
    return GuardLayer(_Console(sources, sign_in, host=host).app(), host=host)


class _Console:
    def __init__(self, sources: Sources, sign_in: SignIn, *, host: str) -> None:
        self._sources = sources
        self._sign_in = sign_in
        # Browsers keep cookies by host and not by port.
        self._cookie = f"crashgate-console-{host.rpartition(':')[2]}"

    def app(self) -> ASGIApp:
        pages: dict[str, Page] = {
            "overview": self._overview,
            "activity": self._activity,
            "record": self._record,
            "access": self._access,
            "cell": self._cell,
            "approvals": self._approvals,
        }
        routes = [
            Route("/", self._first),
            Route("/console.css", self._style),
            Route("/icon.svg", self._icon),
            Route("/sign-in", self._offer),
            Route("/sign-in", self._let_in, methods=["POST"]),
            Route("/sign-out", self._sign_out, methods=["POST"]),
            Route("/approvals/{id}", self._answer, methods=["POST"]),
        ]
        for name, page in pages.items():
            routes += [Route(f"/{name}", self._html(name, page)), Route(f"/{name}.json", self._json(page))]
        routes += [Route(f"/activity.{form}", self._download(form)) for form in DOWNLOADS]
        return Starlette(
            routes=routes, exception_handlers={HTTPException: self._tell_wrong, CrashgateError: self._tell_error}
        )

    def _session(self, request: Request) -> Session:
        session = self._sign_in.session(request.cookies.get(self._cookie, ""))
        # check: nobody sees a page without a session
        if session is None:
            raise wrong("You are not signed in. Open the link that `crashgate console` prints.", status=401)
        return session

    def _html(self, name: str, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def show(request: Request) -> Response:
            session = self._session(request)
            return render(f"{name}.html", await page(request), path=f"/{name}", form_key=session.form_key)

        return show

    def _json(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def show(request: Request) -> Response:
            self._session(request)
            return JSONResponse(await page(request))

        return show

    def _download(self, form: str) -> Callable[[Request], Awaitable[Response]]:
        async def give(request: Request) -> Response:
            self._session(request)
            parameters = dict(request.query_params)
            body = await to_thread.run_sync(lambda: download(self._sources.reader, parameters, form=form))
            headers = {"Content-Disposition": f'attachment; filename="activity.{form}"'}
            return Response(body, media_type=DOWNLOADS[form], headers=headers)

        return give

    async def _overview(self, _: Request) -> Facts:
        waiting = await approvals(self._sources.approvals, self._sources.clock.now())
        policies = await to_thread.run_sync(self._sources.policies)
        return await to_thread.run_sync(overview, self._sources.reader, policies, len(waiting["waiting"]))

    async def _activity(self, request: Request) -> Facts:
        return await to_thread.run_sync(activity, self._sources.reader, dict(request.query_params))

    async def _record(self, request: Request) -> Facts:
        return await to_thread.run_sync(record, self._sources.reader, dict(request.query_params))

    async def _access(self, _: Request) -> Facts:
        return await to_thread.run_sync(lambda: access(self._sources.policies(), self._sources.vocabulary))

    async def _cell(self, request: Request) -> Facts:
        parameters = dict(request.query_params)
        return await to_thread.run_sync(lambda: cell(self._sources.policies(), self._sources.vocabulary, parameters))

    async def _approvals(self, _: Request) -> Facts:
        return await approvals(self._sources.approvals, self._sources.clock.now())

    async def _answer(self, request: Request) -> Response:
        form = await self._form(request)
        if form.get("answer") not in {"yes", "no"}:
            raise wrong("An answer is yes or no.")
        await answer(
            self._sources.approvals,
            request.path_params["id"],
            approved=form["answer"] == "yes",
            by=self._sources.operator,
            now=self._sources.clock.now(),
        )
        return RedirectResponse("/approvals", status_code=303)

    async def _form(self, request: Request) -> dict[str, str]:
        """The fields of a form of ours. Raises HTTPException for one that this session was not given."""
        session, form = self._session(request), await _read_form(request)
        # check: a form is of the session
        if not hmac.compare_digest(form.get("form_key", "").encode(), session.form_key.encode()):
            raise wrong("This form is not of this session. Load the page again.", status=403)
        return form

    async def _first(self, _: Request) -> Response:
        return RedirectResponse("/overview", status_code=303)

    async def _style(self, _: Request) -> Response:
        return Response(_STYLE, media_type="text/css")

    async def _icon(self, _: Request) -> Response:
        return Response(_ICON, media_type="image/svg+xml")

    async def _offer(self, request: Request) -> Response:
        """Opening the link uses nothing up: whoever previews links must not sign in."""
        return render("sign_in.html", {"key": request.query_params.get("key", "")[:200]}, path="/sign-in")

    async def _let_in(self, request: Request) -> Response:
        session = self._sign_in.exchange((await _read_form(request)).get("key", ""))
        if session is None:
            raise wrong("This link does not work, or not any more. Start `crashgate console` again.", status=403)
        answered = RedirectResponse("/overview", status_code=303)
        answered.set_cookie(self._cookie, session.id, httponly=True, samesite="strict")
        return answered

    async def _sign_out(self, request: Request) -> Response:
        await self._form(request)
        self._sign_in.end()
        answered = RedirectResponse("/sign-in", status_code=303)
        answered.delete_cookie(self._cookie, httponly=True, samesite="strict")
        return answered

    async def _tell_wrong(self, request: Request, problem: Exception) -> Response:
        status, text = (problem.status_code, problem.detail) if isinstance(problem, HTTPException) else (500, "")
        return self._problem(request, status, {"what": text, "why": "", "remedy": ""})

    async def _tell_error(self, request: Request, problem: Exception) -> Response:
        told = problem if isinstance(problem, CrashgateError) else None
        facts = {"what": told.what, "why": told.why, "remedy": told.remedy} if told else {}
        return self._problem(request, 503, facts)

    def _problem(self, request: Request, status: int, facts: Facts) -> Response:
        if request.url.path.endswith(".json"):
            return JSONResponse({"error": facts}, status_code=status)
        session = self._sign_in.session(request.cookies.get(self._cookie, ""))
        form_key = session.form_key if session else ""
        return render("problem.html", facts, path=request.url.path, form_key=form_key, status=status)


async def _read_form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        # check: a form is so large and no larger
        if len(body) > _LARGEST_FORM:
            raise wrong("The form is too large.", status=413)
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=8)
    except ValueError as error:
        raise wrong("The form cannot be read.") from error
    return {name: values[0] for name, values in fields.items()}
