"""The apps of both organizations. Rule: one plan each says everything that the rest of the world is drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crashgate_sandbox.world.content.android import ANDROID
from crashgate_sandbox.world.content.django import DJANGO
from crashgate_sandbox.world.content.dotnet import DOTNET
from crashgate_sandbox.world.content.ios import IOS
from crashgate_sandbox.world.content.rails import RAILS
from crashgate_sandbox.world.content.react import REACT
from crashgate_sandbox.world.content.vue import VUE
from crashgate_sandbox.world.draw import object_id
from crashgate_sandbox.world.platform import Platform, Surface


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is decided about a project before chance fills it.

    ``daily_sessions`` of 0 means that the app sends none. ``release_ages`` are days before now on which production
    got a release, oldest first. ``unhandled_rate`` is the share of sessions that crash, and ``recent_factor``
    multiplies it since the newest release. ``custom_fields`` are display ids of fields that the team added.
    ``rebuild_ages`` are days before now on which the first stage got another build of the version that it had.
    ``tracker`` is the address of the team's issue tracker, empty without one.
    """

    slug: str
    name: str
    organization: str
    platform: Platform
    errors: int
    age_days: int
    version: tuple[int, int]
    release_ages: tuple[float, ...]
    daily_sessions: int
    unhandled_rate: float = 0.004
    recent_factor: float = 1.0
    custom_fields: tuple[str, ...] = ()
    stages: tuple[str, ...] = ("production", "staging", "development")
    rebuild_ages: tuple[float, ...] = ()
    tracker: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectSettings:
    """What people set on a project. ``members`` are the ids of those who see it, None is everyone.

    Administrators of the organization see it all the same.
    """

    global_grouping: tuple[str, ...] = ()
    location_grouping: tuple[str, ...] = ()
    discarded_app_versions: tuple[str, ...] = ()
    discarded_errors: tuple[str, ...] = ()
    url_whitelist: tuple[str, ...] = ()
    ignore_old_browsers: bool = False
    ignored_browser_versions: Mapping[str, object] = field(default_factory=dict[str, object])
    resolve_on_deploy: bool = False
    members: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """An app as people see it: its name, settings and keys change, its plan does not."""

    id: str
    plan: Plan
    organization_id: str
    slug: str
    name: str
    api_key: str
    upload_api_key: str
    updated_days: int = 4
    settings: ProjectSettings = field(default_factory=ProjectSettings)


def project(seed: int, plan: Plan, organization_id: str) -> Project:
    """The project of a plan."""
    browser = plan.platform.surface is Surface.BROWSER
    return Project(
        id=object_id(seed, "project", plan.slug),
        plan=plan,
        organization_id=organization_id,
        slug=plan.slug,
        name=plan.name,
        api_key=project_key(seed, plan.slug, 0),
        upload_api_key=project_key(seed, plan.slug, -1),
        settings=ProjectSettings(
            url_whitelist=("https://*.acme.example",) if browser else (),
            ignored_browser_versions={"ie": "11"} if browser else {},
        ),
    )


def project_key(seed: int, slug: str, generation: int) -> str:
    """An invented key of 32 hexadecimal digits, as the vendor's are."""
    return object_id(seed, "project key", slug, generation) + f"{generation & 0xFFFFFFFF:08x}"


_FORTNIGHTLY = (86, 72, 58, 44, 30, 16, 2.05)
_WEEKLY = (89, 82, 75, 68, 61, 54, 47.5, 40, 33.2, 26, 19, 12.1, 5.3)
_OFTEN = (88, 80, 73, 66, 60, 52, 46, 39, 33, 27.1, 20, 13, 8, 3.5, 0.9)

PLANS = (
    Plan(
        slug="checkout-ios", name="Checkout iOS", organization="acme", platform=IOS, errors=78, age_days=1210,
        version=(4, 12), release_ages=_FORTNIGHTLY, daily_sessions=38_000, unhandled_rate=0.0031, recent_factor=4.2,
    ),
    Plan(
        slug="checkout-android", name="Checkout Android", organization="acme", platform=ANDROID, errors=112,
        age_days=1190, version=(4, 6), release_ages=_WEEKLY, daily_sessions=51_000, unhandled_rate=0.0058,
        recent_factor=1.6, rebuild_ages=(3.1,),
    ),
    Plan(
        slug="checkout-web", name="Checkout Web", organization="acme", platform=REACT, errors=62, age_days=1340,
        version=(7, 31), release_ages=_OFTEN, daily_sessions=92_000, unhandled_rate=0.0042, recent_factor=1.3,
    ),
    Plan(
        slug="payments-api", name="Payments API", organization="acme", platform=RAILS, errors=48, age_days=980,
        version=(2, 40), release_ages=_OFTEN, daily_sessions=240_000, unhandled_rate=0.0009,
        custom_fields=("account.plan", "payment.provider"), stages=("production", "staging"),
        tracker="https://tracker.example/browse",
    ),
    Plan(
        slug="identity-service", name="Identity Service", organization="acme", platform=DJANGO, errors=36,
        age_days=720, version=(1, 9), release_ages=_WEEKLY, daily_sessions=130_000, unhandled_rate=0.0006,
    ),
    Plan(
        slug="storefront-web", name="Storefront Web", organization="globex", platform=VUE, errors=44, age_days=540,
        version=(3, 2), release_ages=_WEEKLY, daily_sessions=64_000, unhandled_rate=0.0037, recent_factor=0.8,
    ),
    Plan(
        slug="warehouse-scanner", name="Warehouse Scanner", organization="globex", platform=DOTNET, errors=26,
        age_days=410, version=(1, 14), release_ages=_FORTNIGHTLY, daily_sessions=0, stages=("production",),
    ),
)  # fmt: skip
