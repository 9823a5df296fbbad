"""The platforms that a project can be of. Rule: the vendor's own list, in the vendor's order."""

from typing import Literal

ProjectType = Literal[
    "android", "angular", "asgi", "aspnet", "aspnet_core", "backbone", "bottle", "cocos2dx", "connect", "django",
    "dotnet", "dotnet_desktop", "dotnet_mvc", "electron", "ember", "eventmachine", "expo", "express", "flask",
    "flutter", "gin", "go", "go_net_http", "heroku", "ios", "java", "java_desktop", "js", "vega", "koa", "laravel",
    "lumen", "magento", "martini", "minidump", "ndk", "negroni", "nintendo_switch", "node", "osx", "other_desktop",
    "other_mobile", "other_tv", "php", "python", "rack", "rails", "react", "reactnative", "restify", "revel",
    "ruby", "silex", "sinatra", "spring", "symfony", "tornado", "tvos", "unity", "unrealengine", "vue", "watchos",
    "webapi", "wordpress", "wpf", "wsgi", "other",
]  # fmt: skip
"""The types of the vendor's published document (2026-09)."""
