"""identity-service: sign-in on Django. Rule: invented, in the words of real Python errors."""

from crashgate_sandbox.world.platform import Crumb, Device, Headline, Kind, LibraryFrame, Place, Platform, Surface

_GIB = 1024**3

PLACES = (
    Place(
        file="identity/tokens/refresh.py",
        method="rotate",
        line=52,
        context="POST /oauth/token",
        code=(
            "def rotate(presented: str) -> Tokens:",
            "    row = RefreshToken.objects.select_for_update().get(digest=digest(presented))",
            "    if row.replaced_by_id is not None:",
            "        raise ReplayedToken(row.family)",
            "    return issue(row.user, family=row.family)",
        ),
    ),
    Place(
        file="identity/login/views.py",
        method="LoginView.post",
        line=87,
        context="POST /login",
        code=(
            "    def post(self, request: HttpRequest) -> HttpResponse:",
            "        form = LoginForm(request.POST)",
            '        user = authenticate(request, email=form.cleaned_data["email"].lower())',
            "        login(request, user)",
            "        return redirect(next_url(request))",
        ),
    ),
    Place(
        file="identity/mail/tasks.py",
        method="send_verification",
        line=34,
        context="identity.mail.tasks.send_verification",
        code=(
            "@shared_task(bind=True, max_retries=5)",
            "def send_verification(self, user_id: int) -> None:",
            "    connection = get_connection(fail_silently=False)",
            "    connection.send_messages([verification(user_id)])",
            "",
        ),
    ),
    Place(
        file="identity/profile/serializers.py",
        method="ProfileSerializer.to_representation",
        line=41,
        context="GET /v1/me",
        code=(
            "    def to_representation(self, user: User) -> dict[str, object]:",
            "        data = super().to_representation(user)",
            '        data["country"] = user.address.country.code',
            "        return data",
            "",
        ),
    ),
    Place(
        file="identity/limits/middleware.py",
        method="RateLimit.__call__",
        line=29,
        context="POST /login",
        code=(
            "    def __call__(self, request: HttpRequest) -> HttpResponse:",
            '        key = f"login:{request.META["REMOTE_ADDR"]}"',
            "        count = self.redis.incr(key)",
            "        if count > self.limit:",
            "            raise Throttled(key)",
        ),
    ),
)

DJANGO = Platform(
    type="django",
    language="python",
    surface=Surface.SERVER,
    app_id="identity-service",
    app_type="django",
    runtime={"python": "3.13.9", "django": "5.2.8"},
    headlines=(
        Headline(
            kind=Kind(error_class="ReplayedToken", message="refresh token family {ref} was used twice"),
            place=0,
            events=259,
            age_days=7.5,
            burst=18,
        ),
        Headline(
            kind=Kind(
                error_class="AttributeError",
                message="'NoneType' object has no attribute 'country'",
                cause=("Address.DoesNotExist", "Address matching query does not exist."),
            ),
            place=3,
            events=143,
            age_days=38,
            stages=("production", "staging"),
            status="for_review",
        ),
    ),
    kinds=(
        Kind(
            error_class="OperationalError",
            message='connection to server at "{host}", port 5432 failed: timeout expired',
        ),
        Kind(error_class="KeyError", message="'email'"),
        Kind(error_class="IntegrityError", message="duplicate key value violates unique constraint (user {ref})"),
        Kind(error_class="SMTPServerDisconnected", message="Connection unexpectedly closed", severity="warning"),
        Kind(error_class="redis.exceptions.TimeoutError", message="Timeout reading from {host}:6379"),
        Kind(
            error_class="Throttled",
            message="login:198.51.100.{n} exceeded 20 attempts",
            severity="info",
            unhandled=False,
        ),
        Kind(error_class="DisallowedHost", message="Invalid HTTP_HOST header: '{host}'.", severity="warning"),
        Kind(error_class="ValidationError", message="['Enter a valid email address.']", severity="info"),
        Kind(error_class="WorkerLostError", message="Worker exited prematurely: signal 9 (SIGKILL) Job: {n}."),
    ),
    places=PLACES,
    above=(LibraryFrame(file="django/db/models/query.py", method="get", line=633),),
    below=(
        LibraryFrame(file="django/views/generic/base.py", method="dispatch", line=143),
        LibraryFrame(file="django/core/handlers/base.py", method="_get_response", line=197),
        LibraryFrame(file="django/core/handlers/exception.py", method="inner", line=42),
        LibraryFrame(file="gunicorn/workers/gthread.py", method="handle_request", line=284),
    ),
    devices=(
        Device(hostname="identity-blue-0", os_name="Linux", os_versions=("6.8.0",), memory=2 * _GIB),
        Device(hostname="identity-blue-1", os_name="Linux", os_versions=("6.8.0",), memory=2 * _GIB),
        Device(hostname="identity-green-0", os_name="Linux", os_versions=("6.12.9",), memory=2 * _GIB),
    ),
    trail=(
        Crumb(name="request started", type="request", data={"path": "/oauth/token"}),
        Crumb(name="SELECT refresh_token FOR UPDATE", type="process", data={"duration": 0.8}),
        Crumb(name="cache get", type="process", data={"key": "jwks", "hit": True}),
        Crumb(name="suspicious client", type="log", data={"reason": "new country"}),
        Crumb(name="token family revoked", type="state", data={"tokens": 4}),
        Crumb(name="mail queued", type="log", data={"template": "security_notice"}),
    ),
    urls=(
        "https://id.acme.example/oauth/token",
        "https://id.acme.example/login?next=%2Fcheckout",
        "https://id.acme.example/v1/me",
    ),
)
