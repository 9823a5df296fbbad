"""A project that somebody has just created. Rule: nothing has crashed in it, and nothing was released."""

from crashgate_sandbox.world.draw import object_id
from crashgate_sandbox.world.platform import Platform, Surface
from crashgate_sandbox.world.projects import Plan, Project, ProjectSettings, project_key

_SURFACES = {
    Surface.BROWSER: frozenset({"angular", "backbone", "ember", "js", "react", "vue"}),
    Surface.MOBILE: frozenset(
        {
            "android", "cocos2dx", "expo", "flutter", "ios", "ndk", "other_mobile", "other_tv", "reactnative", "tvos",
            "unity", "vega", "watchos",
        }
    ),
    Surface.DESKTOP: frozenset(
        {
            "dotnet_desktop", "electron", "java_desktop", "minidump", "nintendo_switch", "osx", "other_desktop",
            "unrealengine", "wpf",
        }
    ),
}  # fmt: skip


def new_project(  # noqa: PLR0913 - a project with named parts
    seed: int, number: int, *, organization_id: str, slug: str, name: str, platform: str, ignore_old_browsers: bool
) -> Project:
    """The ``number``-th project that was created; nothing about it depends on those that were deleted."""
    key = f"created {number}"
    plan = Plan(
        slug=key,
        name=name,
        organization=organization_id,
        platform=_blank(platform),
        errors=0,
        age_days=0,
        version=(0, 0),
        release_ages=(),
        daily_sessions=0,
        stages=(),
    )
    return Project(
        id=object_id(seed, "project", key),
        plan=plan,
        organization_id=organization_id,
        slug=slug,
        name=name,
        api_key=project_key(seed, key, 0),
        upload_api_key=project_key(seed, key, -1),
        updated_days=0,
        settings=ProjectSettings(ignore_old_browsers=ignore_old_browsers),
    )


def _blank(platform: str) -> Platform:
    """A platform of which nothing is written yet; what is on no other surface runs on servers."""
    surface = next((one for one, types in _SURFACES.items() if platform in types), Surface.SERVER)
    return Platform(
        type=platform,
        language="",
        surface=surface,
        app_id="",
        app_type=platform,
        headlines=(),
        kinds=(),
        places=(),
        above=(),
        below=(),
        devices=(),
        trail=(),
    )
